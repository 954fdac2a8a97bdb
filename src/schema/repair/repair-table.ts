import { quoteName } from '../../sql/index.ts';
import type { SchemaChange } from '../change.ts';
import { parseParts, quoteQualified } from '../qualified-name.ts';
import type { Table } from '../schema.ts';
import { type Repair, relationSql, type Unrepairable } from './repair.ts';
import { attach, policySql } from './repair-attachment.ts';
import { columnSql, completeColumn } from './repair-column.ts';
import { addConstraint, constraintSql, indexSql } from './repair-constraint.ts';
import { grantAll } from './repair-grant.ts';

type TableChange = Extract<SchemaChange, { readonly kind: 'table' }>;

export function repairTable(change: TableChange): readonly (Repair | Unrepairable)[] {
  const { before, after } = change.objects;
  if (before && after === null)
    return [{ stage: 'leftover', sql: `drop table ${relationSql(before)}`, isDestructive: true }];
  if (after === null) return [];
  if (before === null) return createTable(change.name, after);
  return change.change === 'changed' ? repairProperty(change.property, before, after) : [];
}

function createTable(key: string, table: Table): readonly (Repair | Unrepairable)[] {
  if (table.kind === 'foreign')
    return [{ note: 'a foreign table has to be made by hand: its server is not known here' }];
  const alter = `alter table ${relationSql(table)}`;
  const inline = table.constraints.filter(({ kind }) => kind !== 'foreign key');
  return [
    { stage: 'create', sql: createStatement(table, inline.filter(isInline).map(constraintSql)), makes: makesOf(table) },
    ...table.columns.flatMap((column) => [
      ...completeColumn(column, table),
      ...grantAll('column', `${key}.${quoteName(column.name)}`, column.grants),
    ]),
    ...table.constraints
      .filter((constraint) => !inline.includes(constraint) || !isInline(constraint))
      .map((constraint) => addConstraint(constraint, table)),
    ...table.indexes
      .filter(({ constraint, partOf }) => constraint === null && partOf === null)
      .map((index): Repair => ({ stage: 'index', sql: indexSql(index, table) })),
    ...table.triggers.flatMap((trigger) => attach('trigger', trigger, table)),
    ...table.rules.flatMap((rule) => attach('rule', rule, table)),
    ...table.policies.map((policy): Repair => ({ stage: 'attach', sql: policySql(policy, table) })),
    ...(table.hasRowSecurity ? [{ stage: 'attach', sql: `${alter} enable row level security` } as const] : []),
    ...(table.forcesRowSecurity ? [{ stage: 'attach', sql: `${alter} force row level security` } as const] : []),
    ...(table.replicaIdentity === 'default' ? [] : [replicaIdentity(table)]),
    ...grantAll('table', key, table.grants),
  ];
}

/** CREATE TABLE knows no NOT VALID. */
function isInline({ isValidated, isEnforced }: Table['constraints'][number]): boolean {
  return isValidated || !isEnforced;
}

export function makesOf({ schema, name }: { readonly schema: string; readonly name: string }): string {
  return `${schema}.${name}`;
}

function createStatement(table: Table, constraints: readonly string[]): string {
  const head = `create ${table.isUnlogged ? 'unlogged ' : ''}table ${relationSql(table)}`;
  const options = table.options.length === 0 ? '' : ` with (${table.options.map(optionSql).join(', ')})`;
  const partitioned = table.partitionKey === null ? '' : ` partition by ${table.partitionKey}`;
  if (table.partitionOf !== null) {
    const items = constraints.length === 0 ? '' : ` (${constraints.join(', ')})`;
    return `${head} partition of ${reference(table.partitionOf)}${items} ${table.partitionBound}${partitioned}${options}`;
  }
  const inherits = table.inherits.length === 0 ? '' : ` inherits (${table.inherits.map(reference).join(', ')})`;
  const items = [...table.columns.map(columnSql), ...constraints].map((item) => `\n  ${item}`).join(',');
  return `${head} (${items}\n)${inherits}${partitioned}${options}`;
}

function repairProperty(property: string, before: Table, after: Table): readonly (Repair | Unrepairable)[] {
  const alter = `alter table ${relationSql(after)}`;
  const one = (action: string): readonly Repair[] => [{ stage: 'alter', sql: `${alter} ${action}` }];
  switch (property) {
    case 'name':
      return rename(before, after);
    case 'partition':
      return repartition(before, after);
    case 'inherits':
      return [
        ...before.inherits
          .filter((name) => !after.inherits.includes(name))
          .flatMap((name) => one(`no inherit ${reference(name)}`)),
        ...after.inherits
          .filter((name) => !before.inherits.includes(name))
          .flatMap((name) => one(`inherit ${reference(name)}`)),
      ];
    case 'unlogged':
      return one(after.isUnlogged ? 'set unlogged' : 'set logged');
    case 'row-level security':
      return [
        ...(before.hasRowSecurity === after.hasRowSecurity
          ? []
          : one(`${after.hasRowSecurity ? 'enable' : 'disable'} row level security`)),
        ...(before.forcesRowSecurity === after.forcesRowSecurity
          ? []
          : one(`${after.forcesRowSecurity ? '' : 'no '}force row level security`)),
      ];
    case 'replica identity':
      return [replicaIdentity(after)];
    case 'options':
      return setOptions(alter, before.options, after.options);
    case 'access method':
      return one(`set access method ${quoteName(after.accessMethod ?? '')}`);
    case 'column order':
      return [{ note: 'the columns stand in another order; only a new table would have them in this one' }];
    default:
      return [{ note: 'the table has to be made anew and its rows moved' }];
  }
}

/** What is renamed may have moved to another schema as well. */
export function rename(
  before: Pick<Table, 'schema' | 'name'>,
  after: Pick<Table, 'schema' | 'name'>,
  what = 'table',
): readonly Repair[] {
  const moved = { schema: after.schema, name: before.name };
  return [
    ...(before.schema === after.schema
      ? []
      : [
          {
            stage: 'rename',
            sql: `alter ${what} ${relationSql(before)} set schema ${quoteName(after.schema)}`,
          } as const,
        ]),
    ...(before.name === after.name
      ? []
      : [{ stage: 'rename', sql: `alter ${what} ${relationSql(moved)} rename to ${quoteName(after.name)}` } as const]),
  ];
}

function repartition(before: Table, after: Table): readonly Repair[] {
  const name = relationSql(after);
  return [
    ...(before.partitionOf === null
      ? []
      : [{ stage: 'prepare', sql: `alter table ${reference(before.partitionOf)} detach partition ${name}` } as const]),
    ...(after.partitionOf === null
      ? []
      : [
          {
            stage: 'partition',
            sql: `alter table ${reference(after.partitionOf)} attach partition ${name} ${after.partitionBound}`,
          } as const,
        ]),
  ];
}

function replicaIdentity(table: Table): Repair {
  const [kind, name] = table.replicaIdentity.split(/ (.*)/s);
  const index = parseParts(name ?? '').join('.');
  const how = kind === 'index' ? `using index ${quoteName(index)}` : (kind ?? 'default');
  return { stage: 'attach', sql: `alter table ${relationSql(table)} replica identity ${how}` };
}

export function setOptions(alter: string, before: readonly string[], after: readonly string[]): readonly Repair[] {
  const nameOf = (option: string) => option.slice(0, option.indexOf('='));
  const gone = before.filter((option) => !after.some((other) => nameOf(other) === nameOf(option))).map(nameOf);
  const set = after.filter((option) => !before.includes(option)).map(optionSql);
  return [
    ...(gone.length === 0 ? [] : [{ stage: 'alter', sql: `${alter} reset (${gone.join(', ')})` } as const]),
    ...(set.length === 0 ? [] : [{ stage: 'alter', sql: `${alter} set (${set.join(', ')})` } as const]),
  ];
}

/** `fillfactor=70` with its value quoted. */
export function optionSql(option: string): string {
  const at = option.indexOf('=');
  return `${option.slice(0, at)} = '${option.slice(at + 1).replaceAll("'", "''")}'`;
}

function reference(key: string): string {
  const [schema = '', name = ''] = parseParts(key);
  return quoteQualified({ schema, name });
}
