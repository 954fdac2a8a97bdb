import { quoteLiteral } from '../sql/index.ts';
import type { Session } from '../system/index.ts';

/** Ids of the data migrations of this database that a contract file was held to under its lock: their old shape may be gone since. */
export async function loadContracted(session: Session): Promise<ReadonlySet<string>> {
  const { rows: tables } = await session.query<{ found: boolean }>(
    `select pg_catalog.to_regclass('onward.data_migration') is not null as found`,
  );
  if (tables[0]?.found !== true) return new Set();
  const { rows } = await session.query<{ id: string }>(
    'select id from onward.data_migration where contracted_by is not null',
  );
  return new Set(rows.map(({ id }) => id));
}

/** The record of that, for the transaction of the file. */
export function renderContracted(id: string, migration: string): string {
  return `update onward.data_migration set contracted_by = coalesce(contracted_by, ${quoteLiteral(migration)}) where id = ${quoteLiteral(id)}`;
}
