import type { MigrationLayout } from './layout.ts';
import { commitsEachIfAlone } from './transaction.ts';

const MIGRATION = /^(?:.*\/)?(\d+[^/]*)\/migration\.sql$/;

/** Prisma: a folder per migration, in the order of names; sends a file as one message. */
export const prismaLayout: MigrationLayout = {
  name: 'prisma',
  example: '20260114093000_add_orders/migration.sql',
  extent: 'tree',
  recognises: ({ paths }) => paths.some((path) => MIGRATION.test(path)),
  place: ({ paths }) => ({
    placements: paths.flatMap((path) => {
      const order = MIGRATION.exec(path)?.[1];
      return order === undefined ? [] : [{ path, database: '', release: '', phase: undefined, order, isNotx: false }];
    }),
    findings: [],
  }),
  commitsEach: commitsEachIfAlone,
};
