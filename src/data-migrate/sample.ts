import type { SqlDataMigration } from '../model/index.ts';
import type { ConnectionTarget, System } from '../system/index.ts';
import { assertDeclaration } from './check-declaration.ts';
import { renderCountOld } from './render-sql.ts';
import { findRange } from './run-batch.ts';
import { openSession } from './sessions.ts';
import { loadTableKey } from './table-key.ts';

/** What a dry run found. */
export interface DryRun {
  /** By the table's statistics; `undefined` when it was never analysed. */
  readonly estimatedRows: number | undefined;
  /** Rows of the first range, and those of them in the old shape. */
  readonly sampledRows: number;
  readonly oldRows: number;
}

/** Checks the declaration against the database and looks at the first range. Changes nothing. */
export async function sampleDataMigration(
  system: System,
  { target, declared }: { readonly target: ConnectionTarget; readonly declared: SqlDataMigration },
): Promise<DryRun> {
  await assertDeclaration(declared);
  const session = await openSession(system, target);
  try {
    const key = await loadTableKey(session, declared);
    return await session.transaction(async () => {
      await session.query('set transaction isolation level repeatable read, read only');
      const found = await findRange(session, key, { after: undefined, rows: declared.batch.rows });
      if (!found) return { estimatedRows: key.estimatedRows, sampledRows: 0, oldRows: 0 };
      const count = renderCountOld(declared, key, found.range);
      const { rows } = await session.query<{ rows: string }>(count.sql, count.values);
      return { estimatedRows: key.estimatedRows, sampledRows: found.rows, oldRows: Number(rows[0]?.rows ?? 0) };
    });
  } finally {
    await session.close();
  }
}
