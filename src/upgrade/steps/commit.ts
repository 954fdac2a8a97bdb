import { hasProcess, type Instance } from '../../deploy/index.ts';
import { OnwardError } from '../../model/index.ts';
import { PostgresError } from '../../system/index.ts';
import { takeBaseline } from '../contract/begin-baselines.ts';
import { createPerformer, type RunContext } from '../run-context.ts';

/** Records the release as completed: the point of no return for artifacts. Then what was kept to go back to is removed. */
export async function runCommit(context: RunContext): Promise<void> {
  const { installation, release, journal, releaseDigest } = context;
  const perform = createPerformer(context, 'commit');
  await perform('record', { release: release.version }, async (epoch) => {
    await installation.control.transaction(async (session) => {
      const { rows } = await session.query(`select from onward.fence where deployment = $1 and epoch = $2 for share`, [
        installation.deployment.name,
        epoch,
      ]);
      // The lease has just been confirmed; this closes the moment between that and the record.
      if (rows.length === 0) throw context.lease.signal.reason ?? new Error('The epoch has moved on');
      await session.query(
        `insert into onward.release (deployment, release, digest, run, completed_at)
         select $1, $2, $3, $4, clock_timestamp()
         where not exists (select from onward.release where deployment = $1 and run = $4)`,
        [installation.deployment.name, release.version, releaseDigest, journal.run],
      );
    });
  });
  await takeBaselines(context);
  await prune(context);
}

/**
 * What is asked from here on tells later whether anybody still needs the old shape. A server that does not count statements, or a database
 * that is away, is no reason to stop: then nothing is known, which keeps the old shape in place.
 */
async function takeBaselines(context: RunContext): Promise<void> {
  const { system, installation, release, journal } = context;
  const taken: string[] = [];
  for (const { name } of installation.deployment.databases) {
    try {
      if (await takeBaseline(system, installation, { database: name, release: release.version })) taken.push(name);
    } catch (error) {
      if (!(error instanceof OnwardError || error instanceof PostgresError)) throw error;
    }
  }
  await journal.append({ step: 'commit', key: 'statement-baseline', kind: 'observe', data: { databases: taken } });
}

/** Removes what was kept to go back to. */
async function prune(context: RunContext): Promise<void> {
  const { installation } = context;
  const perform = createPerformer(context, 'commit');
  for (const service of installation.deployment.services) {
    const runtime = installation.runtimeOf(service.name);
    for (const instance of await runtime.list(service.name)) {
      if (hasProcess(instance) || isOfRelease(context, instance)) continue;
      await perform(`remove:${instance.id}`, { instance: instance.id }, (epoch) => runtime.remove(instance.id, epoch));
    }
  }
}

/**
 * What serves from here on, also while it is down for a moment: a host that boots, or an engine, is about to start it again. And a one-shot
 * of this release: its record says that it ran.
 */
export function isOfRelease(
  { before, journal, release }: Pick<RunContext, 'before' | 'journal' | 'release'>,
  { id, service, run, kind, identity }: Pick<Instance, 'id' | 'service' | 'run' | 'kind' | 'identity'>,
): boolean {
  const component = release.components.find((candidate) => candidate.service === service);
  if (kind === 'one-shot' && identity === component?.identity) return true;
  if (before.rolls.some((roll) => roll.service === service)) return run === journal.run;
  return before.originals.some((original) => original.service === service && original.instances.includes(id));
}
