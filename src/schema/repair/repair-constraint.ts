import { quoteName } from '../../sql/index.ts';
import type { SchemaChange } from '../change.ts';
import { describeConstraint } from '../describe-object.ts';
import type { Constraint, Index, Table, View } from '../schema.ts';
import { isView, type Repair, relationSql } from './repair.ts';

type ChangeOf<Kind extends SchemaChange['kind']> = Extract<SchemaChange, { readonly kind: Kind }>;

export function constraintSql(constraint: Constraint): string {
  return `constraint ${quoteName(constraint.name)} ${describeConstraint(constraint)}`;
}

export function repairConstraint(change: ChangeOf<'constraint'>, table: Table): readonly Repair[] {
  const { before, after } = change.objects;
  const alter = `alter table ${relationSql(table)}`;
  const drop = `${alter} drop constraint ${quoteName(before?.name ?? '')}`;
  if (after === null) return [{ stage: 'leftover', sql: drop, isDestructive: true }];
  if (change.change === 'changed' && change.property === 'name')
    return [
      { stage: 'rename', sql: `${alter} rename constraint ${quoteName(change.before)} to ${quoteName(change.after)}` },
    ];
  if (change.change === 'changed' && change.property === 'validated' && after.isValidated)
    return [{ stage: 'foreign key', sql: `${alter} validate constraint ${quoteName(after.name)}` }];
  return [...(before ? [{ stage: 'drop', sql: drop } as const] : []), addConstraint(after, table)];
}

export function addConstraint(constraint: Constraint, table: Table): Repair {
  return {
    stage: constraint.kind === 'foreign key' ? 'foreign key' : 'key',
    sql: `alter table ${relationSql(table)} add ${constraintSql(constraint)}`,
  };
}

export function repairIndex(change: ChangeOf<'index'>, owner: Table | View): readonly Repair[] {
  const { before, after } = change.objects;
  const nameOf = (index: Index) => `${quoteName(owner.schema)}.${quoteName(index.name)}`;
  if (before && after === null)
    return [{ stage: 'leftover', sql: `drop index${concurrently(owner)} ${nameOf(before)}`, isDestructive: true }];
  if (after === null) return [];
  if (change.change === 'changed' && change.property === 'name')
    return [
      {
        stage: 'rename',
        sql: `alter index ${quoteName(owner.schema)}.${quoteName(change.before)} rename to ${quoteName(change.after)}`,
      },
    ];
  if (change.change === 'changed' && change.property === 'valid')
    return after.isValid ? [{ stage: 'index', sql: `reindex index${concurrently(owner)} ${nameOf(after)}` }] : [];
  return [
    ...(before ? [{ stage: 'drop', sql: `drop index${concurrently(owner)} ${nameOf(before)}` } as const] : []),
    { stage: 'index', sql: indexSql(after, owner, concurrently(owner)) },
  ];
}

/** On tables in use, a way that blocks nobody; it is not there for partitioned tables. */
function concurrently(owner: Table | View): string {
  return isView(owner) || owner.kind === 'ordinary' ? ' concurrently' : '';
}

export function indexSql(index: Index, owner: Table | View, how = ''): string {
  return `create ${index.isUnique ? 'unique ' : ''}index${how} ${quoteName(index.name)} on ${relationSql(owner)} using ${index.definition}`;
}
