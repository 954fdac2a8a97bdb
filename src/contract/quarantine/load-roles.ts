import type { Session } from '../../system/index.ts';
import type { TableAcl } from './acl.ts';

/** One role of the server, as far as it matters here. */
export interface RoleFact {
  readonly name: string;
  readonly isSuper: boolean;
  /** Onward connects as it, or has become it. */
  readonly isOwn: boolean;
  /** Sessions in this database that are not Onward's. */
  readonly sessions: number;
  /** Roles that it is, or may become, itself included; for a superuser only itself. */
  readonly memberOf: readonly string[];
  /** Onward may become it, to take or give what it gave. */
  readonly isReachable: boolean;
}

const LOAD_SQL = `
select r.rolname as name, r.rolsuper as "isSuper", r.rolname in (current_user, session_user) as "isOwn",
  (select pg_catalog.count(*)::pg_catalog.int4 from pg_catalog.pg_stat_activity a
   where a.usesysid = r.oid and a.datname = pg_catalog.current_database() and a.application_name not like 'onward%') as sessions,
  (select coalesce(jsonb_agg(g.rolname), '[]') from pg_catalog.pg_roles g
   where (g.rolname = any ($1) or g.oid = r.oid)
     and (g.oid = r.oid or (not r.rolsuper and pg_catalog.pg_has_role(r.oid, g.oid, 'MEMBER')))) as "memberOf",
  pg_catalog.pg_has_role(r.oid, case when $2 then 'SET' else 'MEMBER' end) as "isReachable"
from pg_catalog.pg_roles r order by r.rolname`;

/** Roles whose rights do not come from a grant on the table. */
export const READS_ALL = 'pg_read_all_data';
export const WRITES_ALL = 'pg_write_all_data';

/** Since this version, a member may be kept from becoming the role. */
const SET_OPTION_SINCE = 160_000;

/** Every role of the server, and which of the roles that matter for these tables it is a member of. */
export async function loadRoles(session: Session, acls: readonly TableAcl[]): Promise<readonly RoleFact[]> {
  const named = acls.flatMap(({ owner, entries }) => [owner, ...entries.flatMap(({ grantee }) => grantee ?? [])]);
  const { rows } = await session.query<RoleFact & { readonly memberOf: readonly string[] }>(LOAD_SQL, [
    [...new Set([...named, READS_ALL, WRITES_ALL])],
    session.serverVersion >= SET_OPTION_SINCE,
  ]);
  return rows;
}
