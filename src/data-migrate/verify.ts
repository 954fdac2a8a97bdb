import type { SqlDataMigration } from '../model/index.ts';
import { PostgresError, type Session } from '../system/index.ts';
import { verificationRefused } from './errors.ts';
import { renderVerification } from './render-sql.ts';

const VERIFICATION_LIMIT_MS = 600_000;

/**
 * Rows that are still in the old shape, by the vendor's query, in a transaction that can write nothing. Throws
 * `data-migrate.verification-refused` when the query fails, takes ten minutes, or gives anything but one number.
 */
export async function verifyDataMigration(session: Session, declared: SqlDataMigration): Promise<number> {
  try {
    const { rows, columns } = await session.transaction(async () => {
      await session.query(`set transaction read only; set local statement_timeout = ${VERIFICATION_LIMIT_MS}`);
      return session.query(renderVerification(declared));
    });
    const value = Number(Object.values(rows[0] ?? {})[0] ?? Number.NaN);
    if (rows.length !== 1 || columns.length !== 1 || !Number.isSafeInteger(value) || value < 0)
      throw verificationRefused(declared.id, 'its query gives something else than one count');
    return value;
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    throw verificationRefused(declared.id, `the server refused its query with "${error.message}" (${error.code})`);
  }
}
