import { quoteName } from '../sql/index.ts';
import { inTransaction, queryRows, type SqlClient } from './client.ts';
import type { DataMigration } from './define-data-migration.ts';
import { type Claim, type Counters, lockClaim, recordBatch } from './ledger.ts';
import { findRange, renderOld, type Table } from './table.ts';

export interface BatchLimits {
  readonly rows: number;
  readonly statementTimeoutMs: number;
  readonly lockTimeoutMs: number;
}

export type BatchEnd =
  | { readonly kind: 'done'; readonly totals: Counters }
  /** No row lies behind the cursor. */
  | { readonly kind: 'end' }
  /** The operator asked for it; nothing was changed. */
  | { readonly kind: 'pause' | 'cancel' };

export interface Batch {
  readonly client: SqlClient;
  readonly migration: DataMigration;
  readonly table: Table;
  readonly claim: Claim;
  readonly limits: BatchLimits;
  readonly signal: AbortSignal;
}

/** One batch: the rows behind the cursor, their counters and the new cursor, all in one transaction or not at all. */
export function runBatch({ client, migration, table, claim, limits, signal }: Batch): Promise<BatchEnd> {
  return inTransaction<BatchEnd>(client, { begin: 'begin', ...limits }, async () => {
    const { wanted, cursor } = await lockClaim(client, claim);
    if (wanted !== null) return { kind: wanted };
    const range = await findRange(client, table, { after: cursor ?? undefined, rows: limits.rows });
    if (!range) return { kind: 'end' };
    const { sql, values } = renderOld(table, migration.where, range);
    const order = table.key.join(', ');
    // Locked, so that a row which somebody is writing is read as they leave it.
    const rows = await queryRows<Record<string, unknown>>(
      client,
      `select ${renderColumns(migration)} from ${table.name} where ${sql} order by ${order} for no key update`,
      values,
    );
    const { after, upTo, rows: scanned } = range;
    const given =
      rows.length > 0 ? await migration.run({ client, rows, after, upTo, scope: claim.scope?.value, signal }) : 0;
    const changed = given ?? rows.length;
    if (!Number.isSafeInteger(changed) || changed < 0)
      throw new Error(`run() gave ${String(changed)}, which is no number of rows`);
    return { kind: 'done', totals: await recordBatch(client, claim, { after, upTo, scanned, changed }) };
  });
}

function renderColumns({ columns }: DataMigration): string {
  return columns === undefined ? '*' : columns.map(quoteName).join(', ');
}
