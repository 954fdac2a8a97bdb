import { inTransaction, queryRows, type SqlClient } from './client.ts';
import type { DataMigration } from './define-data-migration.ts';
import { noCount } from './errors.ts';
import { findRange, loadTable, renderOld } from './table.ts';

const LIMITS = { statementTimeoutMs: 600_000, lockTimeoutMs: 5_000 };

/** Rows in the old shape, counted now, in a transaction that can write nothing. Throws `service.no-count`. */
export function verifyDataMigration(client: SqlClient, { id, verify }: DataMigration): Promise<number> {
  return inTransaction(client, { begin: 'begin read only', ...LIMITS }, async () => {
    const count = typeof verify === 'string' ? await countBy(client, verify) : await verify(client);
    if (count === undefined || !Number.isSafeInteger(count) || count < 0) throw noCount(id);
    return count;
  });
}

async function countBy(client: SqlClient, sql: string): Promise<number | undefined> {
  const rows = await queryRows<Record<string, unknown>>(client, sql);
  const values = Object.values(rows[0] ?? {});
  return rows.length === 1 && values.length === 1 && values[0] !== null ? Number(values[0]) : undefined;
}

export interface Sample {
  readonly estimatedRows?: number;
  readonly sampledRows: number;
  readonly oldRows: number;
}

/** Looks at the first range, in a transaction that can write nothing. */
export function sampleDataMigration(
  client: SqlClient,
  migration: DataMigration,
  { rows, scope }: { readonly rows: number; readonly scope: string | undefined },
): Promise<Sample> {
  return inTransaction(client, { begin: 'begin isolation level repeatable read read only', ...LIMITS }, async () => {
    const table = await loadTable(client, migration, scope);
    const known = table.estimatedRows === undefined ? {} : { estimatedRows: table.estimatedRows };
    const range = await findRange(client, table, { after: undefined, rows });
    if (!range) return { ...known, sampledRows: 0, oldRows: 0 };
    const { sql, values } = renderOld(table, migration.where, range);
    const [found] = await queryRows<{ rows: number }>(
      client,
      `select pg_catalog.count(*)::pg_catalog.int4 as rows from ${table.name} where ${sql}`,
      values,
    );
    return { ...known, sampledRows: range.rows, oldRows: found?.rows ?? 0 };
  });
}
