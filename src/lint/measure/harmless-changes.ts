import type { SchemaChange } from '../../schema/index.ts';

/** A change that would break old clients by itself, and does not with what else the file does or for what it is exactly. */
export function isHarmless(change: SchemaChange, all: readonly SchemaChange[]): boolean {
  return isReplacedByView(change, all) || isWidenedCheck(change) || isWidenedSequence(change);
}

/** The table has another name now, and a view with its old name and all of its columns stands in for it. */
function isReplacedByView(change: SchemaChange, all: readonly SchemaChange[]): boolean {
  if (change.kind !== 'table' || change.change !== 'changed' || change.property !== 'name') return false;
  const columns = change.objects.before?.columns ?? [];
  return all.some((other) => {
    if (other.kind !== 'view' || other.change !== 'added' || other.name !== change.name) return false;
    const shown = other.objects.after?.columns ?? [];
    return columns.every(({ name, type }) => shown.some((column) => column.name === name && column.type === type));
  });
}

/** A check that names the values that are allowed, and names more of them now. */
function isWidenedCheck(change: SchemaChange): boolean {
  if (change.kind !== 'constraint' || change.change !== 'changed' || change.property !== 'definition') return false;
  const before = readList(change.before);
  const after = readList(change.after);
  return (
    before !== undefined && after?.rest === before.rest && before.values.every((value) => after.values.includes(value))
  );
}

/** The one list of a condition such as `(kind = ANY (ARRAY['a'::text, 'b'::text]))`, and the condition around it. */
function readList(definition: string): { readonly rest: string; readonly values: readonly string[] } | undefined {
  const [list, ...more] = definition.matchAll(/ = ANY \(\(?ARRAY\[([^\]]*)\](?:\)::[a-z ]+\[\])?\)/g);
  if (!list || more.length > 0 || /\b(NOT|OR)\b/.test(definition)) return undefined;
  const values = [...(list[1] ?? '').matchAll(/'(?:[^']|'')*'|\d+/g)].map(([value]) => value);
  return { rest: definition.replace(list[0], ''), values };
}

/** It gives the same numbers, and more of them. */
function isWidenedSequence(change: SchemaChange): boolean {
  if (change.kind !== 'sequence' || change.change !== 'changed') return false;
  if (change.property === 'maximum') return BigInt(change.after) >= BigInt(change.before);
  const sizes = ['smallint', 'integer', 'bigint'];
  return change.property === 'type' && sizes.indexOf(change.after) > sizes.indexOf(change.before);
}
