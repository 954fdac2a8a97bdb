import { isOutsideTransaction } from '../../sql/index.ts';
import type { FolderView, MigrationLayout, Placement } from './layout.ts';
import { padNumber } from './order.ts';

const VERSIONED = /^V(\d+(?:[._]\d+)*)__.+\.sql$/;
/** Undo and baseline files, and callbacks. */
const OTHER = /^(?:[UB]\d[^/]*__|before[A-Z]|after[A-Z])/;
const REPEATABLE = /^R__(.+)\.sql$/;

/** Flyway: versioned files, then repeatable ones by description; undo and baseline files are not part of going forward. */
export const flywayLayout: MigrationLayout = {
  name: 'flyway',
  example: 'V1_2__add_orders.sql',
  extent: 'tree',
  recognises: ({ paths }) => paths.some((path) => VERSIONED.test(baseName(path)) || REPEATABLE.test(baseName(path))),
  place: (folder) => ({ placements: folder.paths.flatMap((path) => place(path, folder)), findings: [] }),
  passesOver: (path) => OTHER.test(baseName(path)),
  readUpPart: (text) => ({ text: fillPlaceholders(text), isNotx: false, findings: [] }),
  // Flyway sees by itself that none of the statements can run in a transaction; a mixture it refuses.
  commitsEach: ({ isNotx, statements }) =>
    isNotx || (statements.length > 0 && statements.every(({ node }) => isOutsideTransaction(node))),
};

function place(path: string, folder: FolderView): readonly Placement[] {
  const name = baseName(path);
  const version = VERSIONED.exec(name)?.[1];
  const description = REPEATABLE.exec(name)?.[1];
  if (version === undefined && description === undefined) return [];
  const order = version === undefined ? `2 ${description}` : `1 ${padVersion(version)}`;
  const isNotx = /^\s*executeInTransaction\s*=\s*false\s*$/im.test(folder.textOf(`${path}.conf`) ?? '');
  return [{ path, database: '', release: '', phase: undefined, order, isNotx }];
}

/** `1`, `1.0` and `1_0` are the same version. */
function padVersion(version: string): string {
  const parts = version.split(/[._]/).map(padNumber);
  while (parts.length > 1 && /^0+$/.test(parts.at(-1) ?? '')) parts.pop();
  return parts.join('.');
}

/** `${name}` is replaced when Flyway runs the file; a name of the same length stands for it. */
function fillPlaceholders(text: string): string {
  return text.replace(/\$\{[\w.:-]+\}/g, (found) => found.replace(/\W/g, '_'));
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
