import { quoteName } from '../../sql/index.ts';
import type { GrantOn, SchemaChange } from '../change.ts';
import { EVERYONE } from '../default-grants.ts';
import type { Grant } from '../grant.ts';
import { parseParts, quoteQualified, splitRoutineKey } from '../qualified-name.ts';
import type { DefaultPrivileges } from '../schema.ts';
import { type Repair, roleSql } from './repair.ts';

type ChangeOf<Kind extends SchemaChange['kind']> = Extract<SchemaChange, { readonly kind: Kind }>;

export function repairGrant(change: ChangeOf<'privileges'>): readonly Repair[] {
  const { before, after } = change.objects;
  const on = after?.on ?? before?.on ?? 'table';
  const revoked = revoke(on, change.name, before, after);
  // Whoever the release does not name at all is the operator's business.
  if (after === null) return revoked.map(({ sql }) => ({ stage: 'leftover', sql, isDestructive: true }));
  return [...revoked, ...grant(on, change.name, before, after)];
}

/** All privileges of an object that is made. */
export function grantAll(on: GrantOn['on'], name: string, grants: readonly Grant[]): readonly Repair[] {
  return grants.flatMap((one) => grant(on, name, null, one));
}

/** All privileges of a routine or a type that is made: everyone may use it unless told otherwise. */
export function grantAllButDefault(on: 'routine' | 'type', name: string, grants: readonly Grant[]): readonly Repair[] {
  const everyone = grants.some(({ grantee }) => grantee === 'PUBLIC') ? null : EVERYONE[on];
  return [
    ...revoke(on, name, everyone, null),
    ...grantAll(
      on,
      name,
      grants.filter(({ grantee }) => grantee !== 'PUBLIC'),
    ),
  ];
}

function grant(on: GrantOn['on'], name: string, before: Grant | null, after: Grant | null): readonly Repair[] {
  if (after === null) return [];
  const missing = after.privileges.filter(
    (privilege) =>
      !before?.privileges.includes(privilege) ||
      (after.grantable.includes(privilege) && !before.grantable.includes(privilege)),
  );
  return [false, true].flatMap((isGrantable) => {
    const some = missing.filter((privilege) => after.grantable.includes(privilege) === isGrantable);
    if (some.length === 0) return [];
    const sql = `grant ${target(on, name, some)} to ${roleSql(after.grantee)}${isGrantable ? ' with grant option' : ''}`;
    return [{ stage: 'grant', sql } as const];
  });
}

function revoke(on: GrantOn['on'], name: string, before: Grant | null, after: Grant | null): readonly Repair[] {
  if (before === null) return [];
  const gone = before.privileges.filter((privilege) => !after?.privileges.includes(privilege));
  const fewer = before.grantable.filter(
    (privilege) => after?.privileges.includes(privilege) === true && !after.grantable.includes(privilege),
  );
  const from = `from ${roleSql(before.grantee)}`;
  return [
    ...(gone.length === 0 ? [] : [{ stage: 'grant', sql: `revoke ${target(on, name, gone)} ${from}` } as const]),
    ...(fewer.length === 0
      ? []
      : [{ stage: 'grant', sql: `revoke grant option for ${target(on, name, fewer)} ${from}` } as const]),
  ];
}

/** `select, insert on table "public"."t"`. */
function target(on: GrantOn['on'], name: string, privileges: readonly string[]): string {
  const [schema = '', object = '', column = ''] = parseParts(name);
  const list = privileges.join(', ').toLowerCase();
  switch (on) {
    case 'schema':
      return `${list} on schema ${quoteName(name)}`;
    case 'column':
      return `${privileges.map((privilege) => `${privilege.toLowerCase()} (${quoteName(column)})`).join(', ')} on table ${quoteQualified({ schema, name: object })}`;
    case 'routine':
      return `${list} on routine ${routineSql(name)}`;
    case 'table':
    case 'sequence':
    case 'type':
      return `${list} on ${on} ${quoteQualified({ schema, name: object })}`;
  }
}

/** A routine's key, quoted. */
export function routineSql(key: string): string {
  const [qualified, types] = splitRoutineKey(key);
  const [schema = '', name = ''] = parseParts(qualified);
  return `${quoteQualified({ schema, name })}${types}`;
}

export function repairDefaultPrivileges(change: ChangeOf<'default privileges'>): readonly Repair[] {
  const { before, after } = change.objects;
  const one = after ?? before;
  if (!one) return [];
  const [live, expected] = [grantsOf(before, one), grantsOf(after, one)];
  const head = `alter default privileges for role ${quoteName(one.role)}${one.schema === null ? '' : ` in schema ${quoteName(one.schema)}`}`;
  return [...new Set([...live, ...expected].map(({ grantee }) => grantee))].flatMap((grantee) => {
    const find = (grants: readonly Grant[]) => grants.find((grant) => grant.grantee === grantee) ?? null;
    const all = [...revoke('table', '', find(live), find(expected)), ...grant('table', '', find(live), find(expected))];
    return all.map((repair) => ({
      ...repair,
      sql: `${head} ${repair.sql.replace('on table "".""', `on ${one.objects}`)}`,
    }));
  });
}

/** Without a word about every schema, everyone may use functions and types. */
function grantsOf(side: DefaultPrivileges | null, { schema, objects }: DefaultPrivileges): readonly Grant[] {
  if (side) return side.grants;
  if (schema !== null) return [];
  return objects === 'functions' ? [EVERYONE.routine] : objects === 'types' ? [EVERYONE.type] : [];
}
