import type { Session, SqlNode } from '../../../system/index.ts';
import { lastName, nodesOf } from '../syntax-tree.ts';

/** Names of the functions that are not the server's own. */
export async function loadFunctions(session: Session): Promise<ReadonlySet<string>> {
  const { rows } = await session.query<{ name: string }>(
    `select distinct p.proname as name from pg_catalog.pg_proc p
       join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where n.nspname not in ('pg_catalog', 'information_schema', 'onward')
        and not exists (select from pg_catalog.pg_depend d
                         where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid and d.deptype = 'e')`,
  );
  return new Set(rows.map(({ name }) => name));
}

/** Whether a statement calls one of these by name. */
export function callsAny(node: SqlNode, functions: ReadonlySet<string>): boolean {
  for (const { kind, fields } of nodesOf(node)) {
    if (kind === 'FuncCall' && functions.has(lastName(fields.funcname) ?? '')) return true;
  }
  return false;
}
