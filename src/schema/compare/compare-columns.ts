import { breaks, none, type SchemaChange, type Subject, type Verdict, visible } from '../change.ts';
import { describeColumn } from '../describe-object.ts';
import { readableName } from '../qualified-name.ts';
import type { Column, Table } from '../schema.ts';
import { compareEntries } from './compare-entries.ts';
import { compareGrants } from './compare-grants.ts';
import type { Comparison, RelationPair } from './comparison.ts';
import { judgeRetype } from './judge-type.ts';
import { compareProperties, entriesByName, type Property } from './match.ts';

/** Columns of a table that was there before. */
export function compareColumns(comparison: Comparison, table: RelationPair<Table>): readonly SchemaChange[] {
  const properties = columnProperties(table.before);
  return compareEntries(entriesByName(table.before.columns), entriesByName(table.after.columns), {
    kind: 'column',
    of: table.of,
    describe: describeColumn,
    dependents: (name) => comparison.dependents(`${table.nameBefore}.${readableName(name)}`),
    isSame: (before, after) => table.isSamePart('column', before, after),
    removed: () => breaks('C1', 'statements that name the column fail'),
    renamed: () => breaks('C3', 'statements that use the old name fail'),
    added: (column) => judgeAdded(comparison, column),
    pair: (subject) => [...compareProperties(subject, properties), ...compareColumnGrants(comparison, subject)],
  });
}

export function compareColumnGrants(
  comparison: Comparison,
  { name, objects }: Subject<'column'>,
): readonly SchemaChange[] {
  return compareGrants(
    comparison,
    { on: 'column', name },
    { before: objects.before?.grants, after: objects.after?.grants },
  );
}

function judgeAdded(comparison: Comparison, column: Column): Verdict {
  const domain = comparison.after.types[column.typeName];
  const isDomain = domain?.kind === 'domain';
  const isRequired = column.isNotNull || (isDomain && domain.isNotNull);
  const isFilled =
    column.default !== null ||
    column.identity !== null ||
    column.generated !== null ||
    (isDomain && domain.default !== null);
  if (isRequired && !isFilled) return breaks('C5', 'old INSERTs give it no value, and it has no default');
  return visible('C11', 'may make an old query ambiguous, and widens SELECT * and positional INSERT');
}

function columnProperties(before: Table): readonly Property<Column>[] {
  return [
    { property: 'type', text: ({ type }) => type, judge: judgeRetype },
    {
      property: 'collation',
      text: ({ collation }) => collation ?? 'default',
      judge: () => breaks('C14', 'comparisons and sort order change'),
    },
    { property: 'default', text: (column) => column.default ?? 'none', judge: judgeDefault },
    { property: 'identity', text: ({ identity }) => identity ?? 'none', judge: judgeIdentity },
    {
      property: 'generated',
      text: ({ generated }) => (generated === null ? 'no' : `(${generated.expression}) ${generated.kind}`),
      judge: () => breaks('C14', 'the column is written or computed in another way'),
    },
    {
      property: 'not null',
      text: ({ isNotNull, isNotNullValidated }) => (isNotNull ? (isNotNullValidated ? 'yes' : 'not valid') : 'no'),
      judge: (one, other) => judgeNotNull(before, one, other),
    },
    { property: 'storage', text: ({ storage }) => storage ?? 'default', judge: () => none('only how values are kept') },
    {
      property: 'compression',
      text: ({ compression }) => compression ?? 'default',
      judge: () => none('only how values are kept'),
    },
  ];
}

function judgeDefault(before: Column, after: Column): Verdict {
  if (before.default === null) return visible('C7', 'rows that leave it out get a value now');
  if (after.default === null) return breaks('C7', 'INSERTs that leave it out lose their value');
  return breaks('C7', 'INSERTs that leave it out get another value');
}

function judgeIdentity(before: Column, after: Column): Verdict {
  if (before.identity === null && after.identity === 'by default')
    return visible('C7', 'rows that leave it out get a number now');
  if (before.identity === 'always' && after.identity === 'by default') return none('accepts more than before');
  if (after.identity === null) return breaks('C7', 'INSERTs that leave it out lose their number');
  return breaks('C7', 'INSERTs that give a value fail');
}

function judgeNotNull(table: Table, before: Column, after: Column): Verdict {
  if (!after.isNotNull) return breaks('C8', 'old readers may see NULL');
  if (before.isNotNull) return none('only whether existing rows were looked at');
  const isDemanded = table.constraints.some(
    ({ kind, isEnforced, definition }) => kind === 'check' && isEnforced && isNotNullCheck(definition, before.name),
  );
  if (isDemanded) return none('a CHECK constraint demanded it before');
  return breaks('C5', 'old statements that leave it NULL fail');
}

/** Whether the constraint says nothing but that the column is not NULL. */
export function isNotNullCheck(definition: string, column: string): boolean {
  const names = [column, readableName(column), `"${column.replaceAll('"', '""')}"`];
  return names.some((name) => definition === `CHECK ((${name} IS NOT NULL))`);
}
