import type { System } from '../system/index.ts';
import { PostgresError, type Session } from '../system/index.ts';
import { ledgerBusy, missingRight, newerLedger } from './errors.ts';
import { LEDGER_SCHEMA_VERSION, LEDGER_STEPS } from './ledger-schema.ts';

/** An advisory lock that only guards the creation of the ledger; released with its transaction. */
const CREATION_LOCK = 'pg_catalog.hashtextextended($$onward.ledger$$, 0)';
const CREATION_LIMIT_MS = 30_000;
const CREATION_POLL_MS = 25;

/**
 * Makes sure that the schema `onward` and its tables are there and current. One query when they are; otherwise one transaction that either
 * leaves all of them or nothing. Two callers at once are fine. Throws `migrate.newer-ledger` for a ledger of a newer Onward, and
 * `migrate.missing-right` with the GRANT when the role may not create it.
 */
export async function createLedger(system: Pick<System, 'clock'>, session: Session): Promise<void> {
  const deadline = system.clock.monotonicMs() + CREATION_LIMIT_MS;
  while ((await readLedgerVersion(session)) !== LEDGER_SCHEMA_VERSION) {
    if (await advance(session)) return;
    if (system.clock.monotonicMs() > deadline) throw ledgerBusy(CREATION_LIMIT_MS);
    await system.clock.sleep(CREATION_POLL_MS);
  }
}

/** 0 when there is no ledger. Throws when it is newer than this Onward, or may not be read. */
export async function readLedgerVersion(session: Session): Promise<number> {
  try {
    const { rows } = await session.query<{ version: number }>('select version from onward.ledger');
    const version = rows[0]?.version ?? 0;
    if (version > LEDGER_SCHEMA_VERSION) throw newerLedger(version);
    return version;
  } catch (error) {
    if (isAbsent(error)) return 0;
    if (error instanceof PostgresError && error.code === '42501') throw await missingRight(session, error, 'read');
    throw error;
  }
}

/** The relation or its schema does not exist. */
export function isAbsent(error: unknown): boolean {
  return error instanceof PostgresError && (error.code === '42P01' || error.code === '3F000');
}

/** False when another session is at it. */
async function advance(session: Session): Promise<boolean> {
  try {
    return await session.transaction(async () => {
      const { rows } = await session.query<{ mine: boolean }>(
        `select pg_catalog.pg_try_advisory_xact_lock(${CREATION_LOCK}) as mine`,
      );
      if (!rows[0]?.mine) return false;
      const { rows: found } = await session.query<{ is_there: boolean }>(
        `select pg_catalog.to_regclass('onward.ledger') is not null as is_there`,
      );
      const from = found[0]?.is_there ? await readLedgerVersion(session) : 0;
      for (const step of LEDGER_STEPS.slice(from)) await session.query(step);
      return true;
    });
  } catch (error) {
    if (error instanceof PostgresError && error.code === '42501') throw await missingRight(session, error, 'create');
    throw error;
  }
}
