import type { SchemaChange } from '../change.ts';

export interface TableChanges {
  readonly name: string;
  /** The table that it is a partition of. */
  readonly parent: string | null;
  readonly changes: readonly SchemaChange[];
}

/** Leaves out what a partition has only because its parent has it too: one ALTER TABLE is one change. */
export function withoutInherited(
  changes: readonly SchemaChange[],
  tables: readonly TableChanges[],
): readonly SchemaChange[] {
  const told = new Map(tables.map((table) => [table.name, new Set(table.changes.map(describe))]));
  const isInherited = ({ parent }: TableChanges, change: SchemaChange) =>
    parent !== null && change.kind === 'column' && told.get(parent)?.has(describe(change)) === true;
  const left = new Set(tables.flatMap((table) => table.changes.filter((change) => isInherited(table, change))));
  return changes.filter((change) => !left.has(change));
}

/** What happened to which column, whatever its table. */
function describe({ objects, of: _of, name: _name, ...rest }: SchemaChange): string {
  const object = objects.after ?? objects.before;
  return JSON.stringify([object && 'name' in object ? object.name : '', rest]);
}
