import type { PlannedRoll } from '../model/index.ts';
import { endRun, type HopOutcome } from './end-run.ts';
import { rollBackFailed } from './errors.ts';
import { rollServicesBack } from './roll-services.ts';
import type { RunContext } from './run-context.ts';

import { RUN_KEYS, readRunState } from './run-state.ts';
import { mirrorRun } from './step-notes.ts';
import { runChecks } from './steps/run-checks.ts';

const ATTEMPTS = 3;
const PAUSE_MS = 2_000;

/**
 * Takes the services that the run has begun to roll back to the instances they had before, in reverse order. The schema stays as it
 * is: the old release works on it. With policy `service` only the last one goes back, and the run stays for a person to decide.
 */
export async function goBack(
  context: RunContext,
  why: { readonly reason: string; readonly error?: unknown },
): Promise<HopOutcome> {
  const { journal, system, start } = context;
  await decide(context, why.reason);
  const rolls = chooseRolls(context);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rollServicesBack(context, rolls);
      break;
    } catch (error) {
      if (context.lease.signal.aborted) throw context.lease.signal.reason;
      context.signal.throwIfAborted();
      if (attempt === ATTEMPTS) {
        await mirrorRun(context, { step: 'back', outcome: 'unfinished' });
        return {
          outcome: 'needs-operator',
          error: rollBackFailed(
            rolls.map((roll) => roll.service),
            error,
          ),
        };
      }
      await system.clock.sleep(PAUSE_MS, context.signal);
    }
  }
  if (start.rollback === 'service') {
    await mirrorRun(context, { step: 'back', outcome: 'unfinished' });
    return { outcome: 'needs-operator', ...(why.error === undefined ? {} : { error: why.error }) };
  }
  const problems = await runChecks(context);
  await journal.append({ step: 'back', key: 'checks', kind: 'observe', data: { problems } });
  return endRun(context, 'rolled-back', why.error ?? new Error(why.reason));
}

/** Once the way back is taken it is kept, whatever happens: a run that is taken up again goes on backwards. */
async function decide(context: RunContext, reason: string): Promise<void> {
  const { journal, system, start } = context;
  if (start.rollback !== 'service' && readRunState(journal.records)?.direction !== 'back') {
    await journal.append({
      step: 'back',
      key: RUN_KEYS.direction,
      kind: 'decision',
      data: { direction: 'back', reason },
    });
  }
  system.log.emit({ type: 'run.going-back', run: journal.run, reason });
}

/** The rolls that have begun, in the order in which they did; what the plan says of them now, or what it would have said. */
function chooseRolls(context: RunContext): readonly PlannedRoll[] {
  const begun = readRunState(context.journal.records)?.rolled ?? [];
  const chosen = context.start.rollback === 'service' ? begun.slice(-1) : begun;
  return chosen.flatMap((service) => context.before.rolls.find((roll) => roll.service === service) ?? []);
}
