import { join } from 'node:path';
import { hasProcess } from '../deploy/index.ts';
import type { PlannedRoll } from '../model/index.ts';
import { endRun, type HopOutcome } from './end-run.ts';
import { rollBackFailed } from './errors.ts';
import { requireService } from './observe-facts.ts';
import { rollServicesBack } from './roll-services.ts';
import { createPerformer, type RunContext } from './run-context.ts';
import { RUN_KEYS, readRunState } from './run-state.ts';
import { mirrorRun, STEP_FAILED } from './step-notes.ts';
import { runChecks } from './steps/run-checks.ts';
import { isUndecidable } from './undecidable.ts';

const ATTEMPTS = 3;
const PAUSE_MS = 2_000;
/** Of what an instance wrote that is removed. */
const KEPT_LINES = 2_000;

export interface WayBack {
  readonly reason: string;
  readonly error?: unknown;
  /** All services of the run, or the one that failed; what was chosen before the start unless told. */
  readonly scope?: 'run' | 'service';
}

/**
 * Takes the services that the run has begun to roll back to the instances they had before, in reverse order. The schema stays as it is:
 * the old release works on it. With scope `service` only the one that failed goes
 * back, and the run stays for a person to decide.
 */
export async function goBack(context: RunContext, why: WayBack): Promise<HopOutcome> {
  const { journal, system, start } = context;
  const scope = why.scope ?? (start.rollback === 'service' ? 'service' : 'run');
  await decide(context, { reason: why.reason, scope });
  const rolls = chooseRolls(context, scope);
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rollServicesBack(context, rolls);
      await removeNew(context, rolls);
      break;
    } catch (error) {
      if (context.lease.signal.aborted) throw context.lease.signal.reason;
      if (context.signal.aborted) return parkGoingBack(context);
      if (isUndecidable(error)) throw error;
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
      await system.clock.sleep(PAUSE_MS);
    }
  }
  if (scope === 'service') {
    await mirrorRun(context, { step: 'back', outcome: 'unfinished' });
    return { outcome: 'needs-operator', ...(why.error === undefined ? {} : { error: why.error }) };
  }
  const problems = await runChecks(context);
  await journal.append({ step: 'back', key: 'checks', kind: 'observe', data: { problems } });
  return endRun(context, 'rolled-back', why.error ?? new Error(why.reason));
}

/**
 * Removes the containers and units that the run has made and left stopped: they would add up with every attempt, and the operator's own tools may take
 * them up in the place of what serves. The end of what they wrote is kept in the run's folder. What is a process leaves nothing outside of Onward's
 * own folders, and people are sent there to read what it wrote. A one-shot of the run goes too, whether it has done its work or not: the next run does
 * it again.
 */
async function removeNew(context: RunContext, rolls: readonly PlannedRoll[]): Promise<void> {
  const { installation, journal, system } = context;
  for (const { service, class: rollClass } of rolls) {
    const runtime = installation.runtimeOf(service);
    if (requireService(installation, service).runtime.kind === 'process') continue;
    const originals = context.before.originals.find((original) => original.service === service)?.instances ?? [];
    const perform = createPerformer(context, `back:${service}`);
    const instances = await runtime.list(service);
    if (rollClass === 'one-shot' && runtime.keep) {
      const before = instances
        .filter(({ run }) => run !== journal.run)
        .slice(-1)
        .map(({ id }) => id);
      const keep = await runtime.keep(service, before);
      if (keep) await perform(`keep:${service}`, { instances: before }, keep);
    }
    for (const instance of instances) {
      if (hasProcess(instance) || instance.run !== journal.run || originals.includes(instance.id)) continue;
      const path = join(installation.deployment.stateDirectory, 'runs', journal.run, `${instance.id}.log`);
      const lines = await runtime.tail(instance.id, KEPT_LINES);
      // Also of one that wrote nothing: people are sent to this file.
      const text = lines.length === 0 ? `${instance.id} has written nothing.` : lines.join('\n');
      await system.files.writeAtomic(path, `${text}\n`);
      await perform(`remove:${instance.id}`, { instance: instance.id }, (epoch) => runtime.remove(instance.id, epoch));
    }
  }
}

/** The operator asked to stop on the way back: the next command goes on with it. */
async function parkGoingBack(context: RunContext): Promise<HopOutcome> {
  await mirrorRun(context, { step: 'back', outcome: 'unfinished' });
  context.system.log.emit({ type: 'run.parked', run: context.journal.run, step: 'back' });
  return { outcome: 'unfinished' };
}

/** Once the way back is taken it is kept, whatever happens: a run that is taken up again goes on backwards. */
async function decide(
  context: RunContext,
  way: { readonly reason: string; readonly scope: 'run' | 'service' },
): Promise<void> {
  const { journal, system } = context;
  const { reason, scope } = way;
  if (scope === 'run' && readRunState(journal.records)?.direction !== 'back') {
    const data = { direction: 'back', reason };
    await journal.append({ step: 'back', key: RUN_KEYS.direction, kind: 'decision', data });
  }
  system.log.emit({ type: 'run.going-back', run: journal.run, reason });
}

/** The rolls to undo, in the order in which they began. */
function chooseRolls(context: RunContext, scope: 'run' | 'service'): readonly PlannedRoll[] {
  const { records } = context.journal;
  const begun = readRunState(records)?.rolled ?? [];
  const failed = records.findLast((record) => record.key === STEP_FAILED)?.step;
  const chosen = scope === 'service' ? begun.filter((service) => failed === `roll:${service}`) : begun;
  return chosen.flatMap((service) => context.before.rolls.find((roll) => roll.service === service) ?? []);
}
