import { quoteName } from '../../sql/index.ts';
import type { SchemaChange } from '../change.ts';
import type { Column, Table } from '../schema.ts';
import { type Repair, relationSql, type Unrepairable } from './repair.ts';
import { grantAll } from './repair-grant.ts';

type ColumnChange = Extract<SchemaChange, { readonly kind: 'column' }>;

/** A column as CREATE TABLE and ADD COLUMN say it. */
export function columnSql(column: Column): string {
  const { type, collation, generated, identity } = column;
  return [
    quoteName(column.name),
    type,
    collation === null ? '' : `collate ${collation}`,
    generated === null ? '' : `generated always as (${generated.expression}) ${generated.kind}`,
    identity === null ? '' : identitySql(column),
    column.default === null ? '' : `default ${column.default}`,
    column.isNotNull && column.isNotNullValidated ? 'not null' : '',
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function identitySql({ identity, identityOptions }: Column): string {
  return `generated ${identity} as identity${identityOptions === null ? '' : ` (${identityOptions})`}`;
}

/** Changes of a table's column. Those of a view are repaired with the view. */
export function repairColumn(change: ColumnChange, table: Table): readonly (Repair | Unrepairable)[] {
  const { before, after } = change.objects;
  const alter = `alter table ${relationSql(table)}`;
  if (change.change === 'removed')
    return [{ stage: 'leftover', sql: `${alter} drop column ${quoteName(before?.name ?? '')}`, isDestructive: true }];
  if (after === null) return [];
  if (change.change === 'added')
    return [
      ...grantAll('column', change.name, after.grants),
      { stage: 'create', sql: `${alter} add column ${columnSql(after)}`, makes: `${table.schema}.${table.name}` },
      ...completeColumn(after, table),
    ];
  if (change.property === 'name')
    return [
      { stage: 'rename', sql: `${alter} rename column ${quoteName(change.before)} to ${quoteName(change.after)}` },
    ];
  if (before === null) return [];
  return repairProperty(change.property, before, after).map((action) =>
    typeof action === 'string'
      ? { stage: 'alter', sql: `${alter} ${action}`, makes: `${table.schema}.${table.name}` }
      : action,
  );
}

/** What CREATE TABLE and ADD COLUMN cannot say of a column. */
export function completeColumn(column: Column, table: Table): readonly Repair[] {
  const alter = `alter table ${relationSql(table)}`;
  const set = `${alter} alter column ${quoteName(column.name)} set`;
  const constraint = quoteName(`${table.name}_${column.name}_not_null`);
  const notNull = `${alter} add constraint ${constraint} not null ${quoteName(column.name)} not valid`;
  return [
    ...(column.storage === null ? [] : [{ stage: 'alter', sql: `${set} storage ${column.storage}` } as const]),
    ...(column.compression === null
      ? []
      : [{ stage: 'alter', sql: `${set} compression ${column.compression}` } as const]),
    ...(column.isNotNull && !column.isNotNullValidated ? [{ stage: 'key', sql: notNull } as const] : []),
  ];
}

/** What follows ALTER TABLE. */
function repairProperty(property: string, before: Column, after: Column): readonly (string | Unrepairable)[] {
  const column = `alter column ${quoteName(after.name)}`;
  switch (property) {
    case 'type':
    case 'collation':
      return [retype(before, after)];
    case 'default':
      // A new type takes the default away and gives it back.
      if (before.type !== after.type) return [];
      return [after.default === null ? `${column} drop default` : `${column} set default ${after.default}`];
    case 'identity':
      if (after.identity === null) return [`${column} drop identity`];
      return [
        ...(after.isNotNull && !before.isNotNull ? [`${column} set not null`] : []),
        before.identity === null ? `${column} add ${identitySql(after)}` : `${column} set generated ${after.identity}`,
      ];
    case 'generated':
      return after.generated === null
        ? [`${column} drop expression`]
        : [{ note: 'the column has to be dropped and added again to be generated in another way' }];
    case 'not null':
      if (after.isNotNull && before.isNotNull)
        return [{ note: 'validate the NOT NULL constraint of the column, by the name that it has' }];
      return [`${column} ${after.isNotNull ? 'set' : 'drop'} not null`];
    case 'storage':
      return [`${column} set storage ${after.storage ?? ownStorage(after)}`];
    case 'compression':
      return [`${column} set compression ${after.compression ?? 'default'}`];
    default:
      return [];
  }
}

/** What the type itself says. "default" says the same, but only since Postgres 16. */
function ownStorage({ wireType }: Column): string {
  return ['pg_catalog.numeric', 'pg_catalog.inet', 'pg_catalog.cidr'].includes(wireType) ? 'main' : 'extended';
}

function retype(before: Column, after: Column): string {
  const name = quoteName(after.name);
  const isPlain = after.generated === null && after.identity === null;
  return [
    ...(isPlain && before.default !== null ? [`alter column ${name} drop default`] : []),
    `alter column ${name} type ${after.type}${after.collation === null ? '' : ` collate ${after.collation}`}${
      isPlain && before.type !== after.type ? ` using ${name}::${after.type}` : ''
    }`,
    ...(isPlain && after.default !== null ? [`alter column ${name} set default ${after.default}`] : []),
  ].join(', ');
}
