import { isPhase, isVersion } from '../../model/index.ts';
import type { MigrationLayout } from './layout.ts';
import { placeOwn } from './own.ts';
import { commitsEachIfNeeded } from './transaction.ts';

/** Onward's folders: a version, a phase in it, with a folder per database around them or without. */
export const onwardLayout: MigrationLayout = {
  name: 'onward',
  example: 'core/1.4.0/expand/001_add_orders.sql',
  extent: 'tree',
  recognises: ({ paths }) => paths.some(isInPhase),
  place: placeOwn,
  commitsEach: commitsEachIfNeeded,
};

function isInPhase(path: string): boolean {
  const [version = '', phase = ''] = path.split('/').slice(-3, -1);
  return isPhase(phase) && isVersion(version.replace(/^v/, ''));
}
