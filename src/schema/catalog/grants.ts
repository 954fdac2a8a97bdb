import type { CatalogQuery, Oid } from './part.ts';

export interface GrantRow {
  readonly of: 'relation' | 'namespace' | 'routine' | 'type' | 'default';
  readonly oid: Oid;
  /** A column's number; 0 for the whole object. */
  readonly number: number;
  readonly grantee: string;
  readonly privilege: string;
  readonly is_grantable: boolean;
}

/** What somebody other than the owner may do. */
export const grants: CatalogQuery = () => `
select g.of, g.oid, g.number, case when e.grantee = 0 then 'PUBLIC' else pg_catalog.pg_get_userbyid(e.grantee)::text end collate "C" as grantee,
  e.privilege_type collate "C" as privilege, pg_catalog.bool_or(e.is_grantable) as is_grantable
from (
  select 'relation' as of, c.oid, 0 as number, c.relowner as owner, c.relacl as acl from rel c where c.relacl is not null
  union all
  select 'relation', c.oid, a.attnum, c.relowner, a.attacl
  from rel c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attacl is not null
  union all
  select 'namespace', n.oid, 0, n.nspowner, n.nspacl from pg_catalog.pg_namespace n where n.oid in (select oid from ns) and n.nspacl is not null
  union all
  select 'routine', p.oid, 0, p.proowner, p.proacl
  from pg_catalog.pg_proc p join ns on ns.oid = p.pronamespace where p.proacl is not null
  union all
  select 'type', t.oid, 0, t.typowner, t.typacl
  from pg_catalog.pg_type t join ns on ns.oid = t.typnamespace where t.typacl is not null
  union all
  select 'default', d.oid, 0, d.defaclrole, d.defaclacl from pg_catalog.pg_default_acl d
) g cross join lateral pg_catalog.aclexplode(g.acl) e
where e.grantee <> g.owner
group by 1, 2, 3, 4, 5
order by 1, 2, 3, 4, 5`;

export interface DefaultPrivilegesRow {
  readonly oid: Oid;
  readonly role: string;
  readonly schema: string | null;
  readonly objects: 'r' | 'S' | 'f' | 'T' | 'n' | 'L';
}

export const defaultPrivileges: CatalogQuery = () => `
select d.oid, pg_catalog.pg_get_userbyid(d.defaclrole) as role, n.nspname as schema, d.defaclobjtype as objects
from pg_catalog.pg_default_acl d
left join ns n on n.oid = d.defaclnamespace
where d.defaclnamespace = 0 or n.oid is not null
order by 2, 3 nulls first, 4`;
