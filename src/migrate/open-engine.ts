import type { ConnectionTarget, LogEvent, Session, System } from '../system/index.ts';
import { type Connections, completeConnections } from './connections.ts';
import { createLedger } from './create-ledger.ts';
import { loadDurableCommit } from './durability.ts';
import type { Engine, Fence, Limits } from './engine.ts';
import { prepareHolders } from './find-holders.ts';
import { acquireRunnerLock, endOrphans } from './runner-lock.ts';

/** What whoever changes the schema of a database stands on. */
export interface EngineOptions {
  readonly target: ConnectionTarget;
  /** What the ledger says that the change came with. */
  readonly release: string;
  readonly run: string;
  readonly fence?: Fence;
  /** Longest time that the application may be made to wait; 50 ms unless told. */
  readonly lockBudgetMs?: number;
  /** Longest time that one file, or the wait for another run, may take to find its moment; two minutes unless told. */
  readonly lockWaitMs?: number;
  readonly statementTimeoutsMs?: Limits['statementTimeoutsMs'];
  readonly onEvent?: (event: LogEvent) => void;
  readonly signal?: AbortSignal;
}

const DEFAULT_LOCK_BUDGET_MS = 50;
const DEFAULT_LOCK_WAIT_MS = 120_000;

/**
 * Works alone on the schema of a database: refuses poolers, makes sure of the ledger, waits for the runner lock on this session, ends what
 * killed runs left, and cancels its statement when the signal aborts. The session stays open, and with it the lock.
 */
export async function withEngine<T>(
  system: System,
  options: EngineOptions & { readonly session: Session },
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const { session, signal } = options;
  // Before the first change: through a pooler, the lock would stay with whoever comes next.
  const connections = await completeConnections(system, options.target, session);
  const cancel = () => {
    const sql = `select pg_catalog.pg_cancel_backend(${connections.ddl.backendPid})`;
    // The statement ends by itself otherwise, and the abort is seen then.
    void connections.monitor.query(sql).catch(() => {});
  };
  try {
    await createLedger(system, session);
    await acquireRunnerLock(system, session, {
      waitMs: options.lockWaitMs ?? DEFAULT_LOCK_WAIT_MS,
      signal,
      onWait: (holder) => options.onEvent?.({ type: 'migrate.runner-waiting', holder }),
    });
    await endOrphans(system, session, pidsOf(connections));
    await prepareHolders(connections.monitor);
    signal?.addEventListener('abort', cancel);
    return await work(await createEngine(system, options, connections));
  } finally {
    signal?.removeEventListener('abort', cancel);
    await connections.close();
  }
}

async function createEngine(system: System, options: EngineOptions, connections: Connections): Promise<Engine> {
  return {
    system,
    connections,
    database: options.target.database,
    ownPids: pidsOf(connections),
    limits: {
      lockBudgetMs: options.lockBudgetMs ?? DEFAULT_LOCK_BUDGET_MS,
      lockWaitMs: options.lockWaitMs ?? DEFAULT_LOCK_WAIT_MS,
      statementTimeoutsMs: options.statementTimeoutsMs ?? {},
    },
    release: options.release,
    run: options.run,
    fence: options.fence,
    signal: options.signal,
    durableCommit: await loadDurableCommit(connections.lock),
    isAllOnDisk: true,
    isSessionUsed: false,
    filesApplied: 0,
    emit: (event) => options.onEvent?.(event),
  };
}

function pidsOf({ lock, ddl, monitor }: Connections): readonly number[] {
  return [lock, ddl, monitor].map(({ backendPid }) => backendPid);
}
