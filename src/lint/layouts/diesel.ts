import type { FolderView, MigrationLayout, Placement } from './layout.ts';
import { padNumber } from './order.ts';
import { commitsEachIfToldAndAlone } from './transaction.ts';

const MIGRATION = /^(?:.*\/)?([\d-]+)_[^/]*\/up\.sql$/;

/** Diesel: a folder per migration with `up.sql`; the version is what stands before the first "_", without dashes. */
export const dieselLayout: MigrationLayout = {
  name: 'diesel',
  example: '2026-01-14-093000_add_orders/up.sql',
  extent: 'tree',
  recognises: ({ paths }) => paths.some((path) => MIGRATION.test(path)),
  place: (folder) => ({ placements: folder.paths.flatMap((path) => place(path, folder)), findings: [] }),
  passesOver: (path) => /(^|\/)down\.sql$/.test(path),
  commitsEach: commitsEachIfToldAndAlone,
};

function place(path: string, folder: FolderView): readonly Placement[] {
  const version = MIGRATION.exec(path)?.[1];
  if (version === undefined) return [];
  const metadata = folder.textOf(path.replace(/up\.sql$/, 'metadata.toml')) ?? '';
  const isNotx = /^\s*run_in_transaction\s*=\s*false\s*(#.*)?$/m.test(metadata);
  const order = padNumber(version.replaceAll('-', ''));
  return [{ path, database: '', release: '', phase: undefined, order, isNotx }];
}
