import type { ModelConstraint } from './schema-model.ts';
import { date, descendants, type ModelState, type TableState } from './state.ts';

interface Renaming {
  readonly from: string;
  readonly to: string;
}

/** Gives a column another name, in its table and all that inherit it, and in the keys and indexes that name it. */
export function renameColumn(state: ModelState, table: TableState, { from, to }: Renaming): void {
  const family = [table, ...descendants(state, table.id)];
  const change = (names: readonly string[]) => names.map((name) => (name === from ? to : name));
  for (const each of family) {
    each.columns = new Map(
      [...each.columns].map(([name, column]) => [
        name === from ? to : name,
        { ...column, name: name === from ? to : name },
      ]),
    );
    for (const [name, constraint] of each.constraints) each.constraints.set(name, renamedIn(constraint, change));
    for (const [name, index] of each.indexes) {
      const columns = change(index.columns);
      const expressionColumns = change(index.expressionColumns ?? []);
      each.indexes.set(name, date(state, { ...index, columns, expressionColumns }, index.born));
    }
    if (each.partitionKey) each.partitionKey = change(each.partitionKey);
  }
  for (const other of state.tables.values()) {
    for (const [name, constraint] of other.constraints) {
      const { references, referencedColumns } = constraint;
      if (references !== table.id || !referencedColumns) continue;
      other.constraints.set(name, { ...constraint, referencedColumns: change(referencedColumns) });
    }
  }
}

type Change = (names: readonly string[]) => readonly string[];

function renamedIn(constraint: ModelConstraint, change: Change): ModelConstraint {
  return { ...constraint, columns: change(constraint.columns), provesNotNull: change(constraint.provesNotNull) };
}
