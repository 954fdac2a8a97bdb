import { OnwardError } from '../model/index.ts';
import { type ConnectionTarget, PostgresError, type QueryResult, type Session, type System } from '../system/index.ts';
import { missingRight } from './errors.ts';

/** The control database: lease, fence, the run's mirror and the completed releases. A lost connection is made again. */
export interface Control {
  query<Row extends object = Record<string, unknown>>(
    sql: string,
    values?: readonly unknown[],
  ): Promise<QueryResult<Row>>;
  transaction<T>(work: (session: Session) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const RETRY_FOR_MS = 5_000;
/** For so long after a failed attempt to connect there is no other one. */
const FAILED_FOR_MS = 500;

export function createControl(system: System, target: ConnectionTarget): Control {
  let current: Session | undefined;
  let isClosed = false;
  let hasWritten = false;
  let failure: { readonly error: unknown; readonly at: number } | undefined;
  // One query at a time on one connection: heartbeat, mirror and steps take turns.
  let queue: Promise<unknown> = Promise.resolve();

  const connected = async (): Promise<Session> => {
    // What is asked later than the end, by work whose result nobody waits for, must not open a connection that nobody closes.
    if (isClosed) throw new Error('The control database is closed');
    if (current && !current.isLost) return current;
    // What was asked meanwhile has waited as long already.
    if (failure && system.clock.monotonicMs() - failure.at < FAILED_FOR_MS) throw failure.error;
    try {
      current = await system.postgres.connect(target, { applicationName: 'onward', retryForMs: RETRY_FOR_MS });
    } catch (error) {
      failure = { error, at: system.clock.monotonicMs() };
      throw error;
    }
    return current;
  };
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = queue.then(work);
    queue = result.catch(() => {});
    return result;
  };
  const explained = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof PostgresError) || error.code !== '42501') throw error;
      throw missingRight(target, error.message, hasWritten ? 'resumable' : 'unchanged');
    }
  };
  return {
    query: (sql, values) => inTurn(async () => explained(async () => (await connected()).query(sql, values))),
    transaction: (work) =>
      inTurn(async () => {
        const session = await connected();
        const result = await explained(() => session.transaction(() => work(session)));
        hasWritten = true;
        return result;
      }),
    close: () => {
      isClosed = true;
      return inTurn(async () => current?.close());
    },
  };
}

/** True for errors that say nothing about the question asked: the server, or the way to it, was away. */
export function isConnectionFailure(error: unknown): boolean {
  if (error instanceof OnwardError) return error.code === 'postgres.unreachable';
  return error instanceof PostgresError && (error.code.startsWith('08') || error.code.startsWith('57P'));
}
