import { probeInstance } from '../../deploy/index.ts';
import { chooseReadyProbe } from '../desired.ts';
import { checksFailed } from '../errors.ts';
import type { RunContext } from '../run-context.ts';
import { findLastingProblems, runChecks } from './run-checks.ts';

/** The old release on the expanded schema: every running instance is ready, every smoke check passes. Nothing has rolled yet. */
export async function runSkewCheck(context: RunContext): Promise<void> {
  const { from, to } = context.start;
  // Nothing runs yet, or what runs is what is to be mended.
  if (from === 'none' || from === to) return;
  const problems = await findLastingProblems(context, async () => [
    ...(await probeAll(context)),
    ...(await runChecks(context)),
  ]);
  if (problems.length > 0) throw checksFailed(problems);
}

/**
 * What is not ready among the instances that ran before, in words. New ones, which a run that was cut off has left, are the roll's to
 * judge.
 */
async function probeAll(context: RunContext): Promise<readonly string[]> {
  const { system, installation, previous, release, before } = context;
  const problems: string[] = [];
  for (const service of installation.deployment.services) {
    const originals = before.originals.find((original) => original.service === service.name)?.instances ?? [];
    const instances = await installation.runtimeOf(service.name).list(service.name);
    for (const instance of instances.filter(({ id, state }) => originals.includes(id) && state === 'running')) {
      const result = await probeInstance(system, instance, chooseReadyProbe(service, previous ?? release));
      if (!result.isReady) problems.push(`${instance.id}: ${result.evidence}`);
    }
  }
  return problems;
}
