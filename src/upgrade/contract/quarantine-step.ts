import { type QuarantineReport, runQuarantine } from '../../contract/index.ts';
import { type DoomedObject, isPassable, type Json } from '../../model/index.ts';
import type { RunContext } from '../run-context.ts';
import type { ContractContext } from './contract-context.ts';
import { contractClosed, quarantineFailed } from './errors.ts';
import { prepareContract } from './prepare-contract.ts';

const STEP = 'quarantine';

/** What is in quarantine while the old shape is removed. */
export interface HeldQuarantine {
  end(because: 'contracted' | 'stopped'): Promise<void>;
}

/** Whether onward.yaml asks for it, and something goes that privileges can be taken on. */
export function wantsQuarantine(context: ContractContext): boolean {
  return context.base.installation.deployment.contract?.quarantineMs !== undefined && listDoomed(context).length > 0;
}

/**
 * Takes the privileges on what goes, for the time that onward.yaml sets. They are still taken when it returns, and `end` must follow. Throws
 * `upgrade.quarantine-failed` when a statement was refused, somebody ended it, or nobody could tell; everything was given back then.
 */
export async function holdQuarantine(context: ContractContext): Promise<HeldQuarantine> {
  const { base } = context;
  const { deployment, databases } = base.installation;
  const { quarantineMs = 0, roles } = deployment.contract ?? {};
  const named = listDoomed(context).flatMap(({ name, doomed }) => {
    const target = databases.get(name);
    return target ? [{ name, target, doomed }] : [];
  });
  await note(base, 'intent', { durationMs: quarantineMs, databases: named.map(({ name }) => name) });
  const report = await runQuarantine(base.system, {
    deployment: deployment.name,
    release: base.release.version,
    run: base.journal.run,
    epoch: base.lease.epoch,
    durationMs: quarantineMs,
    databases: named,
    ...(roles ? { roles } : {}),
    signal: base.signal,
    onEvent: (event) => base.system.log.emit({ ...event, run: base.journal.run, step: STEP }),
  });
  const { outcome, evidence } = report;
  await note(base, 'result', { outcome, evidence: JSON.parse(JSON.stringify(evidence)) });
  const held = createHeld(base, report);
  try {
    if (outcome !== 'clean') throw quarantineFailed(outcome, evidence);
    await assertStillOpen(context);
    return held;
  } catch (error) {
    await held.end('stopped');
    throw error;
  }
}

/** It may have taken days: whatever else was looked at before is looked at again. */
async function assertStillOpen({ base }: ContractContext): Promise<void> {
  const { system, installation, journal, start } = base;
  const { plan } = await prepareContract(system, installation, { version: start.to, run: journal.run });
  if (!plan.gates.every(isPassable)) throw contractClosed(plan);
}

function createHeld(base: RunContext, report: QuarantineReport): HeldQuarantine {
  let isEnded = false;
  return {
    async end(because) {
      if (isEnded) return;
      const ended = await report.end(because);
      isEnded = true;
      const changed = ended.flatMap((database) => database.changed);
      if (because === 'contracted') await note(base, 'note', { ended: because, changed });
    },
  };
}

async function note(
  { journal }: RunContext,
  kind: 'intent' | 'result' | 'note',
  data: Record<string, Json>,
): Promise<void> {
  await journal.append({ step: STEP, key: STEP, kind, data });
}

function listDoomed({
  prepared,
}: ContractContext): readonly { readonly name: string; readonly doomed: readonly DoomedObject[] }[] {
  return prepared.facts.databases.flatMap(({ name, pending, removal }) => {
    const doomed = removal?.kind === 'seen' ? removal.value.doomed : [];
    return (pending?.length ?? 0) === 0 || doomed.length === 0 ? [] : [{ name, doomed }];
  });
}
