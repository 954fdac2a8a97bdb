import type { DoomedObject, Finding } from '../../model/index.ts';
import type { Session } from '../../system/index.ts';
import type { TableAcl } from './acl.ts';

interface Around {
  readonly kind: 'view' | 'routine' | 'publication';
  readonly name: string;
  readonly table: string;
}

/** A name that stands in a routine's text as a word; whether it is the doomed one, nobody can tell from outside. */
const AROUND_SQL = `
with doomed as (
  select * from pg_catalog.jsonb_to_recordset($1::jsonb) as d (oid pg_catalog.oid, name text, columns jsonb)
)
select distinct 'view' as kind, n.nspname || '.' || v.relname as name, d.name as "table"
from doomed d join pg_catalog.pg_depend p on p.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and p.refobjid = d.oid
  and p.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
join pg_catalog.pg_rewrite w on w.oid = p.objid join pg_catalog.pg_class v on v.oid = w.ev_class and v.oid <> d.oid
join pg_catalog.pg_namespace n on n.oid = v.relnamespace
where not coalesce(v.reloptions @> array['security_invoker=true'] or v.reloptions @> array['security_invoker=on'], false)
  and (p.refobjsubid = 0 or d.columns is null
       or exists (select from pg_catalog.pg_attribute a where a.attrelid = d.oid and a.attnum = p.refobjsubid and d.columns ? a.attname::text))
union all
select distinct 'routine', n.nspname || '.' || r.proname, d.name
from doomed d join pg_catalog.pg_class c on c.oid = d.oid
join pg_catalog.pg_proc r on r.prosecdef and (
  r.prosrc ~* ('\\m' || pg_catalog.regexp_replace(c.relname, '([^[:alnum:]_])', '\\\\\\1', 'g') || '\\M')
  or exists (select from pg_catalog.pg_depend p where p.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and p.objid = r.oid and p.refobjid = c.oid))
join pg_catalog.pg_namespace n on n.oid = r.pronamespace
where n.nspname not in ('pg_catalog', 'information_schema')
union all
select distinct 'publication', t.pubname, d.name
from doomed d join pg_catalog.pg_class c on c.oid = d.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_publication_tables t on t.schemaname = n.nspname and t.tablename = c.relname
order by 1, 2, 3`;

/**
 * What reaches the doomed objects with rights that are not those of whoever asks, so that quarantine does not see it. Views and routines are
 * for the gate on dependencies to judge.
 */
export async function checkWaysAround(session: Session, acls: readonly TableAcl[]): Promise<readonly Finding[]> {
  const doomed = acls.map(({ oid, schema, table, doomed: columns }) => ({ oid, name: `${schema}.${table}`, columns }));
  const { rows } = await session.query<Around>(AROUND_SQL, [JSON.stringify(doomed)]);
  return rows.map((around) => ({
    code: 'contract.quarantine-way-around',
    severity: 'warning',
    message: `Quarantine does not see ${describe(around)}.`,
  }));
}

function describe({ kind, name, table }: Around): string {
  switch (kind) {
    case 'view':
      return `statements on the view ${name}: it reads ${table} with the rights of its owner`;
    case 'routine':
      return `calls of ${name}: it runs with the rights of its owner, and its text names ${table}`;
    case 'publication':
      return `replication of ${table} by the publication ${name}: that needs no privilege`;
  }
}

/** What was to be quarantined and is not there. */
export function describeMissing({ schema, table, column }: DoomedObject): Finding {
  const name = [schema, table, column].filter((part) => part !== undefined).join('.');
  return {
    code: 'contract.nothing-to-quarantine',
    severity: 'error',
    message: `Quarantine cannot bind ${name}: the database has no such ${column === undefined ? 'table' : 'column'}.`,
  };
}
