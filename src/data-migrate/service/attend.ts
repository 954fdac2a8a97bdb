import type { LogEvent, Session, System } from '../../system/index.ts';
import { observeWish } from '../observe-wish.ts';
import type { Claim } from '../state.ts';
import type { ProgressLine, StatusAnswer } from './answers.ts';
import { mirrorCounters } from './mirror.ts';
import { askStatus, askWish, type ServiceQuestions } from './questions.ts';

const LOOK_EVERY_MS = 200;
const MIRROR_EVERY_MS = 500;
const TELL_EVERY_MS = 500;

/** What is said of a run that somebody watches. */
export interface Attendance {
  readonly system: System;
  readonly monitor: Session;
  readonly claim: Claim;
  readonly questions: ServiceQuestions;
  readonly stalledAfterMs: number;
  readonly emit: (event: LogEvent) => void;
  readonly beforeLook: (() => Promise<void>) | undefined;
  /** Asks the program to end. */
  readonly stop: (reason: Error) => void;
}

export type Wished = 'pause' | 'cancel' | 'stalled' | undefined;

/** Looks after a program while it runs. */
export interface Attendant {
  progress(line: ProgressLine): void;
  /** Ends the watch. What the operator asked for meanwhile, or that the run has stalled; throws when the claim or the lease is lost. */
  end(): Promise<Wished>;
}

/**
 * Several times a second: does the claim still hold, does the operator want it to stop, does it go on? A program that is to stop is told so
 * in its own words first, and then by signal. What it says of its progress is copied into the ledger, unless it keeps that itself.
 */
export function attend(attendance: Attendance, first: Counters): Attendant {
  const { system, stop } = attendance;
  const ended = new AbortController();
  const state = {
    seen: first,
    at: system.clock.monotonicMs(),
    line: undefined as ProgressLine | undefined,
  };
  const watching = watch(attendance, state, ended.signal).catch((error: unknown) => {
    stop(error as Error);
    throw error;
  });
  watching.catch(() => {});
  const tell = createTeller(attendance, first);
  return {
    progress(line) {
      Object.assign(state, { seen: line, at: system.clock.monotonicMs(), line });
      tell(line);
    },
    async end() {
      ended.abort(new Error('The program has ended'));
      const wished = await watching;
      if (state.line) await mirrorCounters(attendance.monitor, attendance.claim, state.line);
      return wished;
    },
  };
}

/** What grows while a run goes on. */
export type Counters = Pick<StatusAnswer, 'scanned' | 'changed' | 'failed' | 'batches'>;

/** Tells how far it is, twice a second at most, and what it waits for when that changes. */
function createTeller({ system, emit }: Attendance, first: Counters): (line: ProgressLine) => void {
  const startedAt = system.clock.monotonicMs();
  let toldAt = Number.NEGATIVE_INFINITY;
  let waitingFor: string | undefined;
  return (line) => {
    const { id, scanned, changed } = line;
    const now = system.clock.monotonicMs();
    if (line.waitingFor !== undefined && line.waitingFor !== waitingFor)
      emit({ type: 'data.waiting', id, what: line.waitingFor });
    waitingFor = line.waitingFor;
    if (now - toldAt < TELL_EVERY_MS) return;
    toldAt = now;
    const rowsPerSecond = Math.max(0, Math.round(((scanned - first.scanned) * 1_000) / Math.max(1, now - startedAt)));
    emit({ type: 'data.progress', id, scanned, changed, rowsPerSecond });
  };
}

interface Watched {
  seen: Counters;
  at: number;
  readonly line: ProgressLine | undefined;
}

async function watch(attendance: Attendance, state: Watched, ended: AbortSignal): Promise<Wished> {
  const { system, monitor, claim, beforeLook, stalledAfterMs, stop } = attendance;
  let mirrored: ProgressLine | undefined;
  let mirroredAt = system.clock.monotonicMs();
  while (!ended.aborted) {
    const wish = await observeWish(monitor, claim);
    if (wish !== undefined) return tellWish(attendance, wish, ended);
    await beforeLook?.();
    const now = system.clock.monotonicMs();
    if (state.line && state.line !== mirrored && now - mirroredAt >= MIRROR_EVERY_MS) {
      mirrored = state.line;
      mirroredAt = now;
      await mirrorCounters(monitor, claim, mirrored);
    }
    if (now - state.at >= stalledAfterMs && !(await hasMoved(attendance, state, ended))) {
      stop(new Error('It shows no progress'));
      return 'stalled';
    }
    await system.clock.sleep(LOOK_EVERY_MS, ended).catch(() => {});
  }
  return undefined;
}

/** A run that prints nothing may still go on: its counters tell. Counters that cannot be had have not moved. */
async function hasMoved({ system, questions }: Attendance, state: Watched, ended: AbortSignal): Promise<boolean> {
  const { at } = state;
  const status = await askStatus(questions).catch(() => undefined);
  if (ended.aborted || state.at > at) return true;
  if (!status || sum(status) === sum(state.seen)) return false;
  state.seen = status;
  state.at = system.clock.monotonicMs();
  return true;
}

function sum({ scanned, changed, failed, batches }: Counters): string {
  return [scanned, changed, failed, batches].join(' ');
}

/** A pause is told in the program's own words, and it has its grace period to end by itself. */
async function tellWish(
  { system, questions, stop }: Attendance,
  wish: 'pause' | 'cancel',
  ended: AbortSignal,
): Promise<Wished> {
  if (wish === 'pause') {
    const isTold = await askWish(questions, 'pause').then(
      () => true,
      () => false,
    );
    if (isTold) await system.clock.sleep(questions.program.graceMs, ended).catch(() => {});
  }
  stop(new Error(`The operator asked to ${wish} it`));
  return wish;
}
