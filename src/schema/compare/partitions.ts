import type { SchemaChange } from '../change.ts';

export interface TableChanges {
  readonly name: string;
  /** The table that it is a partition of. */
  readonly parent: string | null;
  readonly changes: readonly SchemaChange[];
}

/** Leaves out what a partition has only because its parent has it too: one ALTER TABLE is one change. */
export function withoutInherited(tables: readonly TableChanges[]): readonly SchemaChange[] {
  const told = new Map(tables.map(({ name, changes }) => [name, new Set(changes.map((one) => fingerprint(one)))]));
  return tables.flatMap(({ parent, changes }) => {
    const above = parent === null ? undefined : told.get(parent);
    return changes.filter((one) => one.kind !== 'column' || !above?.has(fingerprint(one)));
  });
}

/** What happened to which column, whatever its table. */
function fingerprint(change: SchemaChange): string {
  const { objects, of: _of, name: _name, ...rest } = change;
  return JSON.stringify([(objects.after ?? objects.before) as unknown as { name?: string }, rest], (key, value) =>
    key === 'grants' ? undefined : value,
  );
}
