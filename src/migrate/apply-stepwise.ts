import type { Digest } from '../model/index.ts';
import { isRepeatable, isSessionSetting, mayCommit } from '../sql/index.ts';
import { PostgresError, type SqlParser } from '../system/index.ts';
import { applyTransaction } from './apply-transaction.ts';
import type { Measured } from './attempt.ts';
import { applyConcurrently } from './concurrent-statement.ts';
import type { Engine } from './engine.ts';
import { connectionLost, editedUnfinished, fencedOut, unsureStatement } from './errors.ts';
import { renderLedgerInsert, renderStatementDone, renderStatementIntent } from './ledger.ts';
import type { LedgerStatement } from './ledger-row.ts';
import { type MigrationFile, migrationId } from './migration-file.ts';
import { runConcurrently } from './run-concurrently.ts';
import type { PlannedStatement } from './statement-class.ts';
import { describePlace, renderStatement } from './statement-error.ts';

interface Step {
  readonly file: MigrationFile;
  readonly planned: PlannedStatement;
  /** Counts from 1. */
  readonly ordinal: number;
  readonly fingerprint: Digest;
  /** What an earlier run has recorded. */
  readonly recorded: LedgerStatement['state'] | undefined;
  readonly total: number;
}

/**
 * Runs a file without a transaction around it, statement by statement. A statement that can be in a transaction is, together with its
 * record, so it is never in doubt. One that cannot gets a record before (`intent`) and after (`done`); if a run ends between the two, the
 * next one finds out by the statement's effect. Throws `migrate.unsure-statement` when the effect does not tell.
 */
export async function applyStepwise(
  engine: Engine,
  parser: SqlParser,
  work: {
    readonly file: MigrationFile;
    readonly statements: readonly PlannedStatement[];
    readonly recorded: readonly LedgerStatement[];
  },
): Promise<Measured> {
  const { file, statements } = work;
  const startedAt = engine.system.clock.now();
  const recorded = new Map(work.recorded.map((row) => [row.ordinal, row]));
  let measured: Measured = { startedAt, locksWaited: 0, stalls: { sessions: 0, totalMs: 0, longestMs: 0 } };
  await engine.connections.ddl.query('discard all');
  for (const [index, planned] of statements.entries()) {
    engine.signal?.throwIfAborted();
    const fingerprint = parser.fingerprint(planned.statement.text, file.path);
    const row = recorded.get(index + 1);
    const step: Step = {
      file,
      planned,
      ordinal: index + 1,
      fingerprint,
      recorded: row?.state,
      total: statements.length,
    };
    if (row && row.fingerprint !== fingerprint) {
      throw editedUnfinished(
        describePlace(file, planned.statement),
        step.ordinal,
        renderStatement(file, planned.statement),
      );
    }
    measured = add(measured, await applyStep(engine, parser, step));
  }
  const { stalls, locksWaited } = measured;
  const { release, run, fence } = engine;
  const entry = { file, release, run, epoch: fence?.epoch, statements: statements.length, startedAt, locksWaited };
  const insert = renderLedgerInsert({ ...entry, stalledSessions: stalls.sessions, stalledMs: stalls.totalMs });
  await engine.connections.lock.query(insert);
  return measured;
}

async function applyStep(engine: Engine, parser: SqlParser, step: Step): Promise<Measured | undefined> {
  const { planned, recorded } = step;
  const { node } = planned.statement;
  const kept = describeKept(step);
  if (isSessionSetting(node)) {
    // Also when it is done: this session is a new one.
    await runConcurrently(engine, { ...step, kept, isResumed: false }, planned.statement.text);
    return undefined;
  }
  if (recorded === 'done') return undefined;
  const work = {
    file: step.file,
    statements: [planned],
    isFreshSession: false,
    isDurable: true,
    kept,
    isResumable: true,
  };
  const mark = { migration: migrationId(step.file), line: planned.statement.line, ...step, ...markOf(engine) };
  if (!planned.isOutsideTransaction && !mayCommit(node)) {
    return applyTransaction(engine, { ...work, record: () => renderStatementDone(mark) });
  }
  if (recorded === 'intent' && !isRepeatable(node)) {
    const place = describePlace(step.file, planned.statement);
    throw unsureStatement(place, mark.migration, step.ordinal, renderStatement(step.file, planned.statement));
  }
  await writeMark(engine, step, renderStatementIntent(mark));
  let measured: Measured | undefined;
  try {
    const isResumed = recorded === 'intent';
    if (planned.class === 'concurrent') await applyConcurrently(engine, parser, { ...step, kept, isResumed });
    else measured = await applyTransaction(engine, { ...work, record: undefined });
  } catch (error) {
    await forget(engine, step, error);
    throw error;
  }
  await writeMark(engine, step, renderStatementDone(mark));
  return measured;
}

function markOf(engine: Engine): { readonly run: string; readonly fence: Engine['fence'] } {
  return { run: engine.run, fence: engine.fence };
}

/** Through the lock's session, so that nothing is recorded once the lock is lost. */
async function writeMark(engine: Engine, { file }: Step, sql: string): Promise<void> {
  const { fence, connections } = engine;
  if (connections.lock.isLost) throw connectionLost(file.path, engine, false);
  const { count } = await connections.lock.query(sql);
  if (count === 0 && fence) throw fencedOut(fence.deployment, fence.epoch, engine);
}

/** A statement that the server refused had no effect, unless it may commit on its way. */
async function forget(engine: Engine, { file, planned, ordinal }: Step, error: unknown): Promise<void> {
  const { ddl, lock } = engine.connections;
  const cause = error instanceof Error ? error.cause : undefined;
  const isRefused = cause instanceof PostgresError && !ddl.isLost && !lock.isLost;
  if (!isRefused || mayCommit(planned.statement.node)) return;
  await lock
    .query('delete from onward.migration_statement where migration = $1 and ordinal = $2', [migrationId(file), ordinal])
    // The first error is the one to tell; the next run finds the intent and looks for the effect.
    .catch(() => {});
}

function describeKept({ ordinal, total }: Step): string {
  if (ordinal === 1) return `None of the file's ${total} statements is in the database`;
  return `Statements 1 to ${ordinal - 1} of the file's ${total} are in the database and recorded`;
}

function add(sum: Measured, more: Measured | undefined): Measured {
  if (!more) return sum;
  return {
    startedAt: sum.startedAt,
    locksWaited: sum.locksWaited + more.locksWaited,
    stalls: {
      sessions: sum.stalls.sessions + more.stalls.sessions,
      totalMs: sum.stalls.totalMs + more.stalls.totalMs,
      longestMs: Math.max(sum.stalls.longestMs, more.stalls.longestMs),
    },
  };
}
