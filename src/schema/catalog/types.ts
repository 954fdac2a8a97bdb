import type { CatalogQuery, Oid } from './part.ts';
import type { NamePair } from './relations.ts';

export interface TypeRow {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  readonly kind: 'e' | 'd' | 'c' | 'r' | 'b';
  /** The relation that holds a composite's attributes. */
  readonly relation: Oid;
  readonly has_acl: boolean;
  readonly base: string | null;
  readonly is_not_null: boolean;
  readonly default: string | null;
  readonly collation: NamePair | null;
  readonly labels: readonly { readonly oid: Oid; readonly label: string }[] | null;
  readonly subtype: string | null;
  readonly range_parameters: readonly string[] | null;
}

const RANGE_PARAMETERS = `
select r.rngtypid, pg_catalog.format_type(r.rngsubtype, null) as subtype, pg_catalog.array_remove(array[
    'subtype = ' || pg_catalog.format_type(r.rngsubtype, null),
    case when not oc.opcdefault then pg_catalog.format('subtype_opclass = %I.%I', ocn.nspname, oc.opcname) end,
    case when co.oid is not null then pg_catalog.format('collation = %I.%I', con.nspname, co.collname) end,
    case when r.rngcanonical <> 0 then 'canonical = ' || r.rngcanonical::pg_catalog.regproc::text end,
    case when r.rngsubdiff <> 0 then 'subtype_diff = ' || r.rngsubdiff::pg_catalog.regproc::text end,
    pg_catalog.format('multirange_type_name = %I.%I', mn.nspname, m.typname)
  ], null) as parameters
from pg_catalog.pg_range r
join pg_catalog.pg_opclass oc on oc.oid = r.rngsubopc
join pg_catalog.pg_namespace ocn on ocn.oid = oc.opcnamespace
join pg_catalog.pg_type st on st.oid = r.rngsubtype
left join pg_catalog.pg_collation co on co.oid = r.rngcollation and r.rngcollation <> st.typcollation
left join pg_catalog.pg_namespace con on con.oid = co.collnamespace
left join pg_catalog.pg_type m on m.oid = r.rngmultitypid
left join pg_catalog.pg_namespace mn on mn.oid = m.typnamespace`;

/** Without array types, multiranges, and the row types of tables and views, which come with something else. */
export const types: CatalogQuery = () => `
select t.oid, n.nspname as schema, t.typname as name, pg_catalog.pg_get_userbyid(t.typowner) as owner, t.typtype as kind, t.typrelid as relation, t.typacl is not null as has_acl,
  case when t.typtype = 'd' then pg_catalog.format_type(t.typbasetype, t.typtypmod) end as base,
  t.typnotnull as is_not_null, pg_catalog.pg_get_expr(t.typdefaultbin, 0) as default,
  case when co.oid is not null then pg_catalog.json_build_array(con.nspname, co.collname) end as collation,
  case when t.typtype = 'e' then (
    select pg_catalog.json_agg(pg_catalog.json_build_object('oid', e.oid, 'label', e.enumlabel) order by e.enumsortorder)
    from pg_catalog.pg_enum e where e.enumtypid = t.oid) end as labels,
  r.subtype, r.parameters as range_parameters
from pg_catalog.pg_type t
join ns n on n.oid = t.typnamespace
left join pg_catalog.pg_class c on c.oid = t.typrelid
left join pg_catalog.pg_type b on b.oid = t.typbasetype
left join pg_catalog.pg_collation co on t.typtype = 'd' and co.oid = t.typcollation and t.typcollation <> b.typcollation
left join pg_catalog.pg_namespace con on con.oid = co.collnamespace
left join (${RANGE_PARAMETERS}) r on r.rngtypid = t.oid
where (t.typtype in ('e', 'd', 'r') or t.typtype = 'c' and c.relkind = 'c'
    or t.typtype = 'b' and not exists (select from pg_catalog.pg_type el where el.typarray = t.oid))
  and not exists (select from member m where m.classid = 'pg_catalog.pg_type'::pg_catalog.regclass and m.objid = t.oid)
order by n.nspname, t.typname`;
