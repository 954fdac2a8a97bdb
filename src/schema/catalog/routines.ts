import type { CatalogQuery, Oid } from './part.ts';

export interface RoutineRow {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  readonly owner: string;
  readonly kind: 'f' | 'p' | 'a' | 'w';
  readonly input_types: string;
  readonly arguments: string;
  readonly identity_arguments: string;
  readonly argument_names: readonly string[] | null;
  readonly defaults_count: number;
  readonly result: string | null;
  readonly language: string;
  readonly volatility: 'i' | 's' | 'v';
  readonly is_strict: boolean;
  readonly is_security_definer: boolean;
  readonly is_leakproof: boolean;
  readonly parallel: 's' | 'r' | 'u';
  readonly settings: readonly string[] | null;
  readonly body: string;
  readonly definition: string | null;
  readonly has_acl: boolean;
}

const name = (column: string) => `nullif(a.${column}, 0)::pg_catalog.regproc::text`;

/** An aggregate as CREATE AGGREGATE says it. */
const AGGREGATE_BODY = `
select pg_catalog.concat_ws(E'\\n', 'sfunc = ' || ${name('aggtransfn')}, 'stype = ' || pg_catalog.format_type(a.aggtranstype, null),
  'sspace = ' || nullif(a.aggtransspace, 0), 'finalfunc = ' || ${name('aggfinalfn')},
  case when a.aggfinalextra then 'finalfunc_extra' end,
  'combinefunc = ' || ${name('aggcombinefn')}, 'serialfunc = ' || ${name('aggserialfn')}, 'deserialfunc = ' || ${name('aggdeserialfn')},
  'initcond = ' || pg_catalog.quote_literal(a.agginitval), 'msfunc = ' || ${name('aggmtransfn')},
  'minvfunc = ' || ${name('aggminvtransfn')}, 'mstype = ' || pg_catalog.format_type(nullif(a.aggmtranstype, 0), null),
  'mfinalfunc = ' || ${name('aggmfinalfn')}, 'minitcond = ' || pg_catalog.quote_literal(a.aggminitval),
  'sortop = ' || nullif(a.aggsortop, 0)::pg_catalog.regoper::text,
  'parallel = ' || case p.proparallel when 's' then 'safe' when 'r' then 'restricted' end, case when a.aggkind = 'h' then 'hypothetical' end)
from pg_catalog.pg_aggregate a where a.aggfnoid = p.oid`;

/** Without functions that come with a range type. */
export const routines: CatalogQuery = () => `
select p.oid, n.nspname as schema, p.proname as name, pg_catalog.pg_get_userbyid(p.proowner) as owner, p.prokind as kind, pg_catalog.oidvectortypes(p.proargtypes) as input_types,
  coalesce(pg_catalog.pg_get_function_arguments(p.oid), '') as arguments,
  coalesce(pg_catalog.pg_get_function_identity_arguments(p.oid), '') as identity_arguments,
  p.proargnames as argument_names, p.pronargdefaults as defaults_count, pg_catalog.pg_get_function_result(p.oid) as result,
  l.lanname as language, p.provolatile as volatility, p.proisstrict as is_strict, p.prosecdef as is_security_definer,
  p.proleakproof as is_leakproof, p.proparallel as parallel, p.proconfig as settings,
  coalesce(case when p.prokind = 'a' then (${AGGREGATE_BODY}) end, pg_catalog.pg_get_function_sqlbody(p.oid),
    p.probin || ', ' || p.prosrc, p.prosrc) as body,
  case when p.prokind <> 'a' then pg_catalog.pg_get_functiondef(p.oid) end as definition,
  p.proacl is not null as has_acl
from pg_catalog.pg_proc p
join ns n on n.oid = p.pronamespace
join pg_catalog.pg_language l on l.oid = p.prolang
where not exists (
  select from pg_catalog.pg_depend d
  where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype in ('e', 'i'))
order by n.nspname, p.proname, input_types`;
