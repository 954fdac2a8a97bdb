import { findLines } from './blank.ts';
import type { FolderView, MigrationLayout } from './layout.ts';
import { isDown, isUp, numberOf } from './numbered.ts';
import { placeOwn } from './own.ts';
import { commitsEachIfNeeded } from './transaction.ts';

const TAG = /^-- [A-Za-z][\w-]*:(phase (expand|postdeploy|contract)|transaction none)\s*$/;

/**
 * Onward's flat folder. It has the names of golang-migrate; told apart by what golang-migrate does not have (a tag, `.notx`) or what it
 * always has (down files).
 */
export const flatLayout: MigrationLayout = {
  name: 'flat',
  example: '0001_add_orders.up.sql',
  extent: 'folder',
  recognises: (folder) => hasOwnMarks(folder) || isNumberedWithoutDown(folder),
  place: placeOwn,
  commitsEach: commitsEachIfNeeded,
};

/** Asked by layouts with the same names: these files are not theirs. */
export function hasOwnMarks(folder: FolderView): boolean {
  return folder.paths.some((path) => {
    if (numberOf(path) === undefined) return false;
    return path.endsWith('.notx.sql') || findLines(folder.textOf(path) ?? '', TAG).length > 0;
  });
}

function isNumberedWithoutDown({ paths }: FolderView): boolean {
  if (paths.length === 0 || paths.some(isDown)) return false;
  return paths.some(isUp) || paths.every((path) => numberOf(path) !== undefined);
}
