import { readableName } from '../qualified-name.ts';
import type { Index, Table } from '../schema.ts';
import type { RelationPair } from './comparison.ts';

/** A unique index of plain columns over the whole table: what stands behind a key, and what `ON CONFLICT (columns)` finds. */
function isPlainKey(index: Index): boolean {
  return index.isUnique && index.isValid && index.predicate === null && index.expressions === null;
}

/** No two rows could be equal in these columns, so another rule that says so refuses nothing new. */
export function isUniqueAlready(columns: readonly (string | null)[], table: Table): boolean {
  return table.indexes.some((index) => isPlainKey(index) && index.columns.every((column) => columns.includes(column)));
}

/** `ON CONFLICT` with these columns still finds an index. */
export function hasArbiter(columns: readonly (string | null)[], table: Table): boolean {
  return table.indexes.some(
    (index) =>
      isPlainKey(index) &&
      index.columns.length === columns.length &&
      index.columns.every((column) => columns.includes(column)),
  );
}

/** Whether old statements, which do not know these columns, could leave anything but NULL in one of them. */
export function isFilledByOldRows(columns: readonly (string | null)[], table: Table): boolean {
  return table.columns.some(
    (column) =>
      columns.includes(column.name) &&
      (column.default !== null || column.identity !== null || column.generated !== null || column.isNotNull),
  );
}

/** Says of a list of columns whether one of them was dropped from the table, not just renamed. */
export function losesColumn(table: RelationPair<Table>): (columns: readonly (string | null)[]) => boolean {
  const isKept = (name: string) =>
    table.after.columns.some((other) => other.name === name || table.isSamePart('column', name, other.name));
  const lost = new Set(table.before.columns.map(({ name }) => name).filter((name) => !isKept(name)));
  return (columns) => columns.some((column) => column !== null && lost.has(column));
}

/** The same for an index, whose expressions and predicate go with a column as well. */
export function losesIndexColumn(table: RelationPair<Table>): (index: Index) => boolean {
  const isLost = losesColumn(table);
  return ({ columns, included, expressions, predicate }) => {
    const text = `${expressions ?? ''} ${predicate ?? ''}`;
    const mentioned = table.before.columns
      .map(({ name }) => name)
      .filter((name) => text.match(/"(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_$]*/g)?.includes(readableName(name)));
    return isLost([...columns, ...included, ...mentioned]);
  };
}
