import type { CatalogQuery, Oid } from './part.ts';

/** What hangs on a table or a view. */
export interface TriggerRow {
  readonly oid: Oid;
  readonly relation: Oid;
  readonly name: string;
  readonly definition: string;
  readonly enabled: EnabledCode;
}

export type EnabledCode = 'O' | 'D' | 'R' | 'A';

/** Without the copies that partitions have. */
export const triggers: CatalogQuery = () => `
select g.oid, g.tgrelid as relation, g.tgname as name, coalesce(pg_catalog.pg_get_triggerdef(g.oid), '') as definition, g.tgenabled as enabled
from rel c
join pg_catalog.pg_trigger g on g.tgrelid = c.oid
where not g.tgisinternal and g.tgparentid = 0
order by g.tgrelid, g.tgname`;

export type RuleRow = TriggerRow;

/** Without the one that is a view's definition. */
export const rules: CatalogQuery = () => `
select w.oid, w.ev_class as relation, w.rulename as name, coalesce(pg_catalog.pg_get_ruledef(w.oid), '') as definition, w.ev_enabled as enabled
from rel c
join pg_catalog.pg_rewrite w on w.ev_class = c.oid
where w.rulename <> '_RETURN'
order by w.ev_class, w.rulename`;

export interface ViewReadRow {
  readonly relation: Oid;
  readonly schema: string;
  readonly name: string;
  /** Null when it is about the relation as a whole. */
  readonly column: string | null;
}

/** What a view stands on. */
export const viewReads: CatalogQuery = () => `
select distinct w.ev_class as relation, n.nspname as schema, c.relname as name, a.attname as column
from rel v
join pg_catalog.pg_rewrite w on w.ev_class = v.oid and w.rulename = '_RETURN'
join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = w.oid
  and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> v.oid
join pg_catalog.pg_class c on c.oid = d.refobjid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
left join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid and a.attnum <> 0
where v.relkind in ('v', 'm')`;

export interface PolicyRow {
  readonly oid: Oid;
  readonly relation: Oid;
  readonly name: string;
  readonly is_permissive: boolean;
  readonly command: '*' | 'r' | 'a' | 'w' | 'd';
  readonly roles: readonly string[];
  readonly using: string | null;
  readonly with_check: string | null;
}

export const policies: CatalogQuery = () => `
select p.oid, p.polrelid as relation, p.polname as name, p.polpermissive as is_permissive, p.polcmd as command,
  (select pg_catalog.json_agg(g.name order by g.name) from (
    select case when u.role = 0 then 'PUBLIC' else pg_catalog.pg_get_userbyid(u.role)::text end collate "C" as name
    from pg_catalog.unnest(p.polroles) u(role)) g) as roles,
  pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using, pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as with_check
from rel c
join pg_catalog.pg_policy p on p.polrelid = c.oid
order by p.polrelid, p.polname`;
