import { breaks, change, none, type SchemaChange, type Subject, type Verdict, visible } from '../change.ts';
import { describeColumn } from '../describe-object.ts';
import { readableName } from '../qualified-name.ts';
import type { Column, Table } from '../schema.ts';
import { compareGrants } from './compare-grants.ts';
import type { Comparison } from './comparison.ts';
import { judgeRetype } from './judge-type.ts';
import { compareProperties, entriesByName, matchEntries, type Property } from './match.ts';

/** Columns of a table that was there before. */
export function compareColumns(comparison: Comparison, before: Table, after: Table): readonly SchemaChange[] {
  const { nameBefore, nameAfter } = comparison.ofRelation(before, after);
  const matched = matchEntries(entriesByName(before.columns), entriesByName(after.columns), (one, other) =>
    comparison.isSame('column', `${nameBefore}.${readableName(one.key)}`, `${nameAfter}.${readableName(other.key)}`),
  );
  const subject = (column: Column, sides: Subject<'column'>['objects']): Subject<'column'> => ({
    kind: 'column',
    name: `${nameAfter}.${readableName(column.name)}`,
    of: nameAfter,
    objects: sides,
  });
  const properties = columnProperties(before);
  return [
    ...matched.removed.map(({ value }) =>
      change(
        subject(value, { before: value, after: null }),
        { change: 'removed', before: describeColumn(value) },
        breaks('C1', 'statements that name the column fail'),
      ),
    ),
    ...matched.pairs.flatMap((pair) => {
      const one = subject(pair.before.value, { before: pair.before.value, after: pair.after.value });
      return [
        ...(pair.before.key === pair.after.key ? [] : [renamedColumn(one, pair.before.key, pair.after.key)]),
        ...compareProperties(one, properties),
        ...compareGrants(
          `${nameAfter}.${readableName(pair.after.key)}`,
          pair.before.value.grants,
          pair.after.value.grants,
        ),
      ];
    }),
    ...matched.added.map(({ value }) =>
      change(
        subject(value, { before: null, after: value }),
        { change: 'added', after: describeColumn(value) },
        judgeAdded(comparison, value),
      ),
    ),
  ];
}

function renamedColumn(subject: Subject<'column'>, before: string, after: string): SchemaChange {
  return change(
    subject,
    { change: 'changed', property: 'name', before, after },
    breaks('C3', 'statements that use the old name fail'),
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
