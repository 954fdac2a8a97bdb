import type { Session } from '../../../system/index.ts';

/** The labels of each enum, by the name that types have in shapes. */
export async function loadLabels(session: Session): Promise<ReadonlyMap<string, readonly string[]>> {
  const { rows } = await session.query<{ type: string; labels: readonly string[] }>(
    `select case when n.nspname = 'public' then '' else pg_catalog.quote_ident(n.nspname) || '.' end
              || pg_catalog.quote_ident(t.typname) as type,
            pg_catalog.array_agg(e.enumlabel::pg_catalog.text order by e.enumsortorder) as labels
       from pg_catalog.pg_enum e
       join pg_catalog.pg_type t on t.oid = e.enumtypid
       join pg_catalog.pg_namespace n on n.oid = t.typnamespace
      group by n.nspname, t.typname`,
  );
  return new Map(rows.map(({ type, labels }) => [type, labels]));
}
