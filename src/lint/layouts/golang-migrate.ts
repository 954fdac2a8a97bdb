import { hasOwnMarks } from './flat.ts';
import type { MigrationLayout } from './layout.ts';
import { isDown, isUp, placeNumbered } from './numbered.ts';
import { commitsEachIfAlone } from './transaction.ts';

/** golang-migrate: `<version>_<title>.up.sql` with a `.down.sql` beside it; sends a file as one message. */
export const golangMigrateLayout: MigrationLayout = {
  name: 'golang-migrate',
  example: '000001_add_orders.up.sql',
  extent: 'folder',
  recognises: (folder) => folder.paths.some(isUp) && folder.paths.some(isDown) && !hasOwnMarks(folder),
  place: ({ paths, textOf }) => ({
    placements: placeNumbered({ paths: paths.filter(isUp), textOf }),
    findings: [],
  }),
  commitsEach: commitsEachIfAlone,
};
