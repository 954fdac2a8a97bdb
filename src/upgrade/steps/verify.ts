import { probeInstance } from '../../deploy/index.ts';
import { loadFrozenRevisions } from '../configuration/freeze.ts';
import { buildDesired, chooseReadyProbe } from '../desired.ts';
import { checksFailed } from '../errors.ts';
import { requireService } from '../observe-facts.ts';
import type { RunContext } from '../run-context.ts';
import { compareTotalsAfter, reportTotals } from '../totals.ts';
import { findLastingProblems, runChecks } from './run-checks.ts';
import { recordTraffic } from './traffic.ts';

/** The new release as a whole: what rolled is ready and has not fallen over, checks pass, totals are what they were. */
export async function runVerify(context: RunContext): Promise<void> {
  const problems = await findLastingProblems(context, async () => [
    ...(await checkInstances(context)),
    ...(await runChecks(context)),
  ]);
  if (problems.length > 0) throw checksFailed(problems);
  await compareTotalsAfter(context, 'verify');
  reportTotals(context);
  await recordTraffic(context);
}

async function checkInstances(context: RunContext): Promise<readonly string[]> {
  const { system, installation, release, journal, before } = context;
  const problems: string[] = [];
  const revisions = await loadFrozenRevisions(context);
  for (const roll of before.rolls) {
    if (roll.class === 'one-shot') continue;
    const service = requireService(installation, roll.service);
    const component = release.components.find((candidate) => candidate.service === roll.service);
    const desired = component
      ? await buildDesired(system, installation, { service, component, run: journal.run, revisions })
      : [];
    const instances = await installation.runtimeOf(roll.service).list(roll.service);
    for (const { id } of desired) {
      const instance = instances.find((candidate) => candidate.id === id);
      if (!instance) problems.push(`${id}: is not there`);
      else {
        const result = await probeInstance(system, instance, chooseReadyProbe(service, release));
        if (!result.isReady) problems.push(`${id}: ${result.evidence}`);
      }
    }
  }
  return problems;
}
