import { OnwardError } from '../../model/index.ts';
import { chooseVersion } from '../../release/index.ts';
import { PostgresError, type System } from '../../system/index.ts';
import { takeBaseline } from '../contract/begin-baselines.ts';
import type { Installation } from '../installation.ts';
import { type Journal, openJournal } from '../journal.ts';
import type { Lease } from '../lease.ts';
import { observeCurrent } from '../observe-control.ts';
import { createPerformer } from '../run-context.ts';
import { withIdleDeployment } from '../with-lease.ts';
import { otherRecorded, releaseDiffers } from './errors.ts';
import { proveRelease, type ReleaseProof } from './prove-release.ts';

export interface AdoptedRelease {
  readonly proof: ReleaseProof;
  /** `undefined` when it was on record already, and when nothing was to be recorded. */
  readonly run?: string;
}

/**
 * Compares what runs with a release of the source, by its version or a channel. Changes nothing. Throws `adopt.other-recorded` where another
 * release is on record.
 */
export async function planReleaseAdoption(
  system: System,
  installation: Installation,
  requested: string,
): Promise<AdoptedRelease & { readonly isRecorded: boolean }> {
  const { source, deployment } = installation;
  const catalog = await source.catalog();
  const { version } = chooseVersion(catalog, { requested, channel: deployment.releases.channel });
  const entry = catalog.releases.find((one) => one.version === version);
  if (!entry) throw new Error(`The catalog has no ${version}`);
  const current = await observeCurrent(installation);
  if (current && (current.release !== version || current.digest !== entry.digest)) {
    throw otherRecorded(current.release, version);
  }
  const release = await source.release(version);
  const proof = await proveRelease(system, installation, { release, digest: entry.digest });
  return { proof, isRecorded: current !== undefined && proof.foreign.every((one) => one.isRecorded) };
}

/**
 * Records that what runs is this release, once nothing speaks against it: under the lease, looked at again, journaled, in one transaction with
 * the fence. What Onward did not start is put on record as instances first. Running it again changes nothing. No service is touched and no
 * migration is run. Throws `adopt.release-differs` with every difference.
 */
export async function adoptRelease(
  system: System,
  installation: Installation,
  requested: string,
): Promise<AdoptedRelease> {
  return withIdleDeployment(system, installation, {
    kind: 'adopt',
    work: async ({ run, lease }) => {
      const { proof, isRecorded } = await planReleaseAdoption(system, installation, requested);
      if (proof.differences.length > 0) throw releaseDiffers(proof.release, proof.differences);
      if (isRecorded) return { proof };
      const { stateDirectory } = installation.deployment;
      const journal = await openJournal(system, { stateDirectory, run, epoch: lease.epoch });
      try {
        await record(system, installation, { proof, journal, lease });
      } finally {
        await journal.close();
      }
      return { proof, run };
    },
  });
}

interface Recording {
  readonly proof: ReleaseProof;
  readonly journal: Journal;
  readonly lease: Lease;
}

/** The journal does not begin as that of a run does: nothing of this is ever taken up or taken back, and running it again is enough. */
async function record(system: System, installation: Installation, recording: Recording): Promise<void> {
  const { proof, journal, lease } = recording;
  const { release, digest, services, databases, foreign } = proof;
  const data = {
    release,
    digest,
    services: services.map((one) => ({ ...one })),
    databases: databases.map((one) => ({ ...one })),
  };
  await journal.append({ step: 'adopt', key: 'proof', kind: 'observe', data });
  const perform = createPerformer({ system, journal, lease }, 'adopt');
  for (const { request, found } of foreign) {
    const { id, place = id } = found.instance;
    const runtime = installation.runtimeOf(request.service);
    await perform(`take-over:${id}`, { instance: id, place }, async (epoch) =>
      runtime.takeOver?.({ request, found, epoch }),
    );
  }
  await perform('record', { release }, (epoch) =>
    installation.control.transaction(async (session) => {
      const { rows } = await session.query(`select from onward.fence where deployment = $1 and epoch = $2 for share`, [
        installation.deployment.name,
        epoch,
      ]);
      if (rows.length === 0) throw lease.signal.reason ?? new Error('The epoch has moved on');
      await session.query(
        `insert into onward.release (deployment, release, digest, run, completed_at)
         select $1, $2, $3, $4, pg_catalog.clock_timestamp()
         where not exists (select from onward.release where deployment = $1)`,
        [installation.deployment.name, release, digest, journal.run],
      );
    }),
  );
  const taken = await takeBaselines(system, installation, release);
  await journal.append({ step: 'adopt', key: 'statement-baseline', kind: 'observe', data: { databases: taken } });
}

/** As after an upgrade: what is asked from here on tells later whether anybody needs the old shape. Without it nothing is removed. */
async function takeBaselines(system: System, installation: Installation, release: string): Promise<string[]> {
  const taken: string[] = [];
  for (const { name } of installation.deployment.databases) {
    try {
      if (await takeBaseline(system, installation, { database: name, release })) taken.push(name);
    } catch (error) {
      if (!(error instanceof OnwardError || error instanceof PostgresError)) throw error;
    }
  }
  return taken;
}
