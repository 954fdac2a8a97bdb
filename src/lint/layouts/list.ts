import type { Layout } from '../lint-file.ts';
import { dbmateLayout } from './dbmate.ts';
import { dieselLayout } from './diesel.ts';
import { flatLayout } from './flat.ts';
import { flywayLayout } from './flyway.ts';
import { golangMigrateLayout } from './golang-migrate.ts';
import { gooseLayout } from './goose.ts';
import type { MigrationLayout } from './layout.ts';
import { onwardLayout } from './onward.ts';
import { plainLayout } from './plain.ts';
import { prismaLayout } from './prisma.ts';
import { sqlxLayout } from './sqlx.ts';

/** Every layout, those with the surest marks first; the last one reads anything. */
export const MIGRATION_LAYOUTS: readonly MigrationLayout[] = [
  onwardLayout,
  prismaLayout,
  dieselLayout,
  flywayLayout,
  dbmateLayout,
  gooseLayout,
  sqlxLayout,
  golangMigrateLayout,
  flatLayout,
  plainLayout,
];

export function findLayout(name: Layout): MigrationLayout {
  return MIGRATION_LAYOUTS.find((layout) => layout.name === name) ?? plainLayout;
}
