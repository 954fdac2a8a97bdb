import { PostgresError, type Session } from '../../system/index.ts';

/** What the server refused a statement with. */
export interface StatementFailure {
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
  /** Which values it is about. */
  readonly detail?: string;
  /** Counts characters of the statement from 1. */
  readonly position?: number;
  /** The table it is about, without its schema. */
  readonly table?: string;
}

/** Runs SQL; a refusal is the answer. Throws `PostgresError` when the connection is lost. */
export async function attempt(session: Session, sql: string): Promise<StatementFailure | undefined> {
  try {
    await session.query(sql);
    return undefined;
  } catch (error) {
    if (!(error instanceof PostgresError) || session.isLost) throw error;
    const { code, message, detail, position, table } = error;
    return {
      code,
      message,
      ...(detail === undefined ? {} : { detail }),
      ...(position === undefined ? {} : { position }),
      ...(table === undefined ? {} : { table }),
    };
  }
}

/** The same inside of a transaction that goes on after a refusal. */
export async function attemptInside(session: Session, sql: string): Promise<StatementFailure | undefined> {
  await session.query('savepoint onward_attempt');
  const failure = await attempt(session, sql);
  await session.query(
    failure
      ? 'rollback to savepoint onward_attempt; release savepoint onward_attempt'
      : 'release savepoint onward_attempt',
  );
  return failure;
}
