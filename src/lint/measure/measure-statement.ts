import { isOutsideTransaction, mayCommit } from '../../sql/index.ts';
import type { SqlStatement, System } from '../../system/index.ts';
import { NO_EFFECTS } from '../effects/effects.ts';
import { attempt, type StatementFailure } from './attempt.ts';
import { deriveEffects, type Observation } from './derive-effects.ts';
import { formLocks } from './form-locks.ts';
import type { MeasuringSession } from './measuring-session.ts';
import { observeWhile } from './observe-while.ts';
import { takeReading } from './probe.ts';
import { isDefinition } from './reach.ts';

export interface MeasuredStatement extends Observation {
  /** Bytes of write-ahead log, including what others wrote on the server meanwhile. */
  readonly walBytes: number;
  readonly durationMs: number;
  /** What the server refused it with. Its effects are then those of nothing. */
  readonly error?: StatementFailure;
}

/**
 * `joined`: the caller has begun a transaction, which goes on afterwards; a refusal takes back only the statement. `kept`: it commits by
 * itself. `undone`: it is rolled back, except for what cannot be in a transaction.
 */
export type Keeping = 'joined' | 'kept' | 'undone';

export type Measurable = Pick<SqlStatement, 'text' | 'node'>;

const NOTHING: Observation = { effects: NO_EFFECTS, held: [], indexLocks: [] };

/** Of a statement that was not run. */
export const UNMEASURED: MeasuredStatement = { ...NOTHING, walBytes: 0, durationMs: 0 };

/**
 * Runs one statement and says what it did to relations that are old. A refusal by the server is part of the answer; a lost connection is
 * thrown as `PostgresError`.
 */
export async function measureStatement(
  system: System,
  measuring: MeasuringSession,
  work: { readonly statement: Measurable; readonly keeping: Keeping },
): Promise<MeasuredStatement> {
  const { session } = measuring;
  const { statement, keeping } = work;
  if (keeping === 'joined') return measureInside(system, measuring, work);
  if (isOutsideTransaction(statement.node)) return measureOutside(system, measuring, statement);
  await session.query('begin');
  const measured = await measureInside(system, measuring, work);
  // A DO block or a procedure that commits is refused inside of a transaction.
  if (mayCommit(statement.node) && measured.error?.code === '2D000') {
    await session.query('rollback');
    return measureOutside(system, measuring, statement);
  }
  const end = keeping === 'kept' && !measured.error ? 'commit' : 'rollback';
  const refusal = await attempt(session, end);
  return refusal ? { ...measured, ...NOTHING, error: refusal } : measured;
}

async function measureInside(
  system: System,
  { session, known }: MeasuringSession,
  { statement, keeping }: { readonly statement: Measurable; readonly keeping: Keeping },
): Promise<MeasuredStatement> {
  const before = await takeReading(session, { first: 'savepoint onward_measure' });
  const startedMs = system.clock.monotonicMs();
  const refusal = await attempt(session, statement.text);
  const durationMs = system.clock.monotonicMs() - startedMs;
  if (refusal) {
    await session.query('rollback to savepoint onward_measure; release savepoint onward_measure');
    return { ...NOTHING, walBytes: 0, durationMs, error: refusal };
  }
  const since = before.nextTransaction;
  const after = await takeReading(session, { since, first: 'release savepoint onward_measure' });
  const observation = deriveEffects(known, { before, after, isPlanned: !isDefinition(statement.node) });
  if (keeping !== 'undone') known.add(after.changed);
  return { ...observation, walBytes: after.walPosition - before.walPosition, durationMs };
}

/** The statement commits on its way, so its locks are gone afterwards: they are what its form takes and what was seen meanwhile. */
async function measureOutside(
  system: System,
  measuring: MeasuringSession,
  statement: Measurable,
): Promise<MeasuredStatement> {
  const { session, known } = measuring;
  const before = await takeReading(session);
  const startedMs = system.clock.monotonicMs();
  const running = attempt(session, statement.text);
  const seen = await observeWhile(measuring, running);
  const refusal = await running;
  const durationMs = system.clock.monotonicMs() - startedMs;
  const after = await takeReading(session, { since: before.nextTransaction });
  const form = formLocks(known, statement.node);
  // What was seen depends on the moment, so it only fills the gaps.
  const locks = form.isComplete ? form.locks : [...seen, ...form.locks];
  const derived = deriveEffects(known, {
    before: { ...before, locks: [] },
    after: { ...after, locks, reads: before.reads },
    isPlanned: true,
  });
  known.add(after.changed);
  const walBytes = after.walPosition - before.walPosition;
  if (refusal) return { ...NOTHING, walBytes, durationMs, error: refusal };
  // What is built or written anew was read whole for it; the counters are not there any more.
  const { rewrites, indexBuilds } = derived.effects;
  const scans = [...new Set([...rewrites, ...indexBuilds])].sort();
  const unknown = form.isComplete ? [] : ['it commits on its way, so a short lock or a scan may not have been seen'];
  return { ...derived, effects: { ...derived.effects, scans, unknown }, walBytes, durationMs };
}
