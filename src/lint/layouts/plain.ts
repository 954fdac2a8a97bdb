import type { MigrationLayout } from './layout.ts';
import { isDown } from './numbered.ts';
import { commitsEachIfNeeded } from './transaction.ts';

/** SQL files of no tool that is known, in the order of their names. */
export const plainLayout: MigrationLayout = {
  name: 'plain',
  example: 'orders.sql',
  extent: 'tree',
  recognises: () => true,
  place: ({ paths }) => ({
    placements: paths
      .filter((path) => !isDown(path))
      .map((path) => ({ path, database: '', release: '', phase: undefined, order: path, isNotx: false })),
    findings: [],
  }),
  commitsEach: commitsEachIfNeeded,
};
