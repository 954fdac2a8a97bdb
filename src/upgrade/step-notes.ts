import { isConnectionFailure } from './control.ts';
import type { RunContext } from './run-context.ts';

type Noted = Pick<RunContext, 'system' | 'journal' | 'installation' | 'start'>;

/** Key of the note that a step failed by itself, not because another one did. */
export const STEP_FAILED = 'step.failed';

/** Key of the note that a step begins. */
export const STEP_STARTED = 'step.started';

/** Records that a step begins, for the journal, the mirror and everyone who watches. */
export async function startStep(context: Noted, step: string): Promise<void> {
  await context.journal.append({ step, key: STEP_STARTED, kind: 'note' });
  await mirrorRun(context, { step, outcome: 'unfinished' });
  context.system.log.emit({ type: 'step.started', run: context.journal.run, step });
}

export async function finishStep(
  context: Noted,
  step: string,
  data: { readonly [key: string]: number | string } = {},
): Promise<void> {
  await context.journal.append({ step, key: 'step.finished', kind: 'note', data });
  context.system.log.emit({ type: 'step.finished', run: context.journal.run, step, ...data });
}

/**
 * Mirrors the head of the journal into the control database, where another machine can see that there is a run and how far it is.
 * A database that is away is no reason to stop between two steps: the lease decides that before the next effect.
 */
export async function mirrorRun(
  context: Noted,
  at: { readonly step: string; readonly outcome: string },
): Promise<void> {
  try {
    await writeMirror(context, at);
  } catch (error) {
    if (!isConnectionFailure(error)) throw error;
  }
}

async function writeMirror(context: Noted, at: { readonly step: string; readonly outcome: string }): Promise<void> {
  const { journal, installation, start } = context;
  const head = journal.records.at(-1);
  await installation.control.query(
    `insert into onward.run as mirror
       (run, deployment, from_release, to_release, target, step, seq, hash, epoch, outcome, kind, started_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp(), clock_timestamp())
     on conflict (run) do update set step = excluded.step, seq = excluded.seq, hash = excluded.hash, epoch = excluded.epoch,
       outcome = excluded.outcome, updated_at = excluded.updated_at
     where mirror.epoch <= excluded.epoch`,
    [
      journal.run,
      installation.deployment.name,
      start.from,
      start.to,
      start.target,
      at.step,
      head?.seq ?? 0,
      head?.hash ?? '',
      head?.epoch ?? 0,
      at.outcome,
      start.kind,
    ],
  );
}
