import { quoteName } from '../../sql/index.ts';
import type { SchemaChange } from '../change.ts';
import type { Enabled, Policy, Rule, Table, Trigger, View } from '../schema.ts';
import { isView, type Repair, relationSql, roleSql } from './repair.ts';

type ChangeOf<Kind extends SchemaChange['kind']> = Extract<SchemaChange, { readonly kind: Kind }>;

const ENABLE: { readonly [state in Enabled]: string } = {
  origin: 'enable',
  disabled: 'disable',
  replica: 'enable replica',
  always: 'enable always',
};

export function repairTriggerOrRule(change: ChangeOf<'trigger' | 'rule'>, owner: Table | View): readonly Repair[] {
  const { kind } = change;
  const { before, after } = change.objects;
  const drop = `drop ${kind} ${quoteName(before?.name ?? '')} on ${relationSql(owner)}`;
  if (after === null) return [{ stage: 'leftover', sql: drop, isDestructive: true }];
  if (change.change === 'changed' && change.property === 'name')
    return [
      {
        stage: 'rename',
        sql: `alter ${kind} ${quoteName(change.before)} on ${relationSql(owner)} rename to ${quoteName(change.after)}`,
      },
    ];
  if (change.change === 'changed' && change.property === 'enabled') return [enable(kind, after, owner)];
  return [...(before ? [{ stage: 'drop', sql: drop } as const] : []), ...attach(kind, after, owner)];
}

export function attach(kind: 'trigger' | 'rule', object: Trigger | Rule, owner: Table | View): readonly Repair[] {
  const made: Repair = { stage: 'attach', sql: object.definition.replace(/;$/, '') };
  return object.enabled === 'origin' ? [made] : [made, enable(kind, object, owner)];
}

function enable(kind: 'trigger' | 'rule', { name, enabled }: Trigger | Rule, owner: Table | View): Repair {
  const what = isView(owner) ? 'view' : 'table';
  return {
    stage: 'attach',
    sql: `alter ${what} ${relationSql(owner)} ${ENABLE[enabled]} ${kind} ${quoteName(name)}`,
  };
}

export function repairPolicy(change: ChangeOf<'policy'>, table: Table): readonly Repair[] {
  const { before, after } = change.objects;
  const on = relationSql(table);
  const drop = `drop policy ${quoteName(before?.name ?? '')} on ${on}`;
  if (after === null) return [{ stage: 'leftover', sql: drop, isDestructive: true }];
  if (change.change === 'changed' && change.property === 'name')
    return [
      {
        stage: 'rename',
        sql: `alter policy ${quoteName(change.before)} on ${on} rename to ${quoteName(change.after)}`,
      },
    ];
  return [
    ...(before ? [{ stage: 'drop', sql: drop } as const] : []),
    { stage: 'attach', sql: policySql(after, table) },
  ];
}

export function policySql(policy: Policy, table: Table): string {
  return [
    `create policy ${quoteName(policy.name)} on ${relationSql(table)}`,
    `as ${policy.isPermissive ? 'permissive' : 'restrictive'} for ${policy.command}`,
    `to ${policy.roles.map(roleSql).join(', ')}`,
    ...(policy.using === null ? [] : [`using (${policy.using})`]),
    ...(policy.withCheck === null ? [] : [`with check (${policy.withCheck})`]),
  ].join(' ');
}
