import { hasOwnMarks } from './flat.ts';
import type { FolderView, MigrationLayout } from './layout.ts';
import { isUp, numberOf, placeNumbered } from './numbered.ts';
import { commitsEachIfToldAndAlone } from './transaction.ts';

const NO_TRANSACTION = /^-- no-transaction/;

/** sqlx: `<timestamp>_<name>.sql`, or `.up.sql` and `.down.sql`; a first line may refuse the transaction. Sends a file as one message. */
export const sqlxLayout: MigrationLayout = {
  name: 'sqlx',
  example: '20260114093000_add_orders.sql',
  extent: 'folder',
  recognises: (folder) => !hasOwnMarks(folder) && (isTold(folder) || isTimestamped(folder)),
  place: (folder) => ({ placements: placeNumbered(folder), findings: [] }),
  readUpPart: (text) => ({ text, isNotx: NO_TRANSACTION.test(text), findings: [] }),
  commitsEach: commitsEachIfToldAndAlone,
};

function isTold({ paths, textOf }: FolderView): boolean {
  return paths.some((path) => numberOf(path) !== undefined && NO_TRANSACTION.test(textOf(path) ?? ''));
}

/** With `.up` it is golang-migrate, which counts by timestamps too, unless a first line says otherwise. */
function isTimestamped({ paths }: FolderView): boolean {
  const numbers = paths.flatMap((path) => numberOf(path) ?? []);
  return numbers.length > 0 && numbers.every((number) => number.length === 14) && !paths.some(isUp);
}
