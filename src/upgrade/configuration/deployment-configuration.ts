import {
  keepRevision,
  locateRevision,
  type MigratedFile,
  renderMigration,
  writeOperatorFile,
} from '../../configuration/index.ts';
import { type ConfigurationFact, compareVersions } from '../../model/index.ts';
import { choosePath } from '../../plan/index.ts';
import { chooseVersion } from '../../release/index.ts';
import type { System } from '../../system/index.ts';
import { noPath, otherRunUnfinished } from '../errors.ts';
import { assertNoRunElsewhere, findUnfinishedRun } from '../find-run.ts';
import type { Installation } from '../installation.ts';
import type { Lease } from '../lease.ts';
import { observeCurrent } from '../observe-control.ts';
import { createRunId } from '../run-id.ts';
import { withLease } from '../with-lease.ts';
import { migrateRange, type ReleaseRange, storeOf } from './observe-configuration.ts';

export interface ConfigurationRequest {
  /** A channel or a version; the deployment's channel when left out. */
  readonly version?: string;
}

/** What a release needs of the configuration files, and how each would change. */
export interface DeploymentConfiguration {
  readonly release: string;
  /** The command that makes the changes by itself; `undefined`: the release is installed, and nothing but migrating makes them. */
  readonly command?: 'onward upgrade' | 'onward provision';
  /** `diff`: a unified diff without the value of any secret; empty where nothing would change. */
  readonly files: readonly (ConfigurationFact & { readonly diff: string })[];
}

export interface MigratedConfiguration extends DeploymentConfiguration {
  /** The files that were written, and where their text of before is kept. */
  readonly written: readonly { readonly path: string; readonly kept: string }[];
}

/**
 * Compares the files with what a release needs of them. For the release that runs, that is everything it and those before it declare.
 * Changes nothing.
 */
export async function observeDeploymentConfiguration(
  system: System,
  installation: Installation,
  request: ConfigurationRequest,
): Promise<DeploymentConfiguration> {
  const range = await chooseRange(installation, request);
  return describe(range, await migrateRange(system, installation, range));
}

/**
 * Edits the operator's files as an upgrade to the release would, under the lease, so that no upgrade works with them meanwhile. The text of
 * before is kept first. Where a key is missing, the other changes are made all the same. Made again, it changes nothing.
 */
export async function migrateDeploymentConfiguration(
  system: System,
  installation: Installation,
  request: ConfigurationRequest,
): Promise<MigratedConfiguration> {
  await assertNoRunElsewhere(system, installation);
  const range = await chooseRange(installation, request);
  const unfinished = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  if (unfinished) {
    const { from, to } = unfinished.state.start;
    throw otherRunUnfinished({ run: unfinished.run, from, to }, range.to);
  }
  const work = async (lease: Lease): Promise<MigratedConfiguration> => {
    const found = await migrateRange(system, installation, range);
    const written: { path: string; kept: string }[] = [];
    for (const file of found.migrated) {
      await lease.assertHeld();
      const kept = await write(system, installation, file);
      if (kept !== undefined) written.push({ path: file.file.path, kept });
    }
    return { ...(await describe(range, found)), written };
  };
  return withLease(system, installation, { run: `config-${createRunId(system)}`, work });
}

/** Where the text of before is kept; `undefined`: there was nothing to write, or it must not be written. */
async function write(
  system: System,
  installation: Installation,
  { file, before, after, editPath }: MigratedFile,
): Promise<string | undefined> {
  if (before === undefined || after === undefined || before === after || editPath === undefined) return undefined;
  const store = storeOf(installation);
  const digest = await keepRevision(system, store, { file, text: before });
  await writeOperatorFile(system, { editPath, before, after });
  return locateRevision(store, file, digest);
}

async function describe(
  { to: release, command }: ChosenRange,
  { migrated, unmapped }: Awaited<ReturnType<typeof migrateRange>>,
): Promise<DeploymentConfiguration> {
  const files = await Promise.all(
    migrated.map(async (each) => {
      const { name, path, problems, remarks, edits } = each;
      const place = path === undefined ? {} : { path };
      return { name, ...place, problems, remarks, edits, diff: await renderMigration(each) };
    }),
  );
  return {
    release,
    ...(command === undefined ? {} : { command }),
    files: [...files, ...unmapped.map((each) => ({ ...each, diff: '' }))],
  };
}

type ChosenRange = ReleaseRange & Pick<DeploymentConfiguration, 'command'>;

async function chooseRange(installation: Installation, { version }: ConfigurationRequest): Promise<ChosenRange> {
  const catalog = await installation.source.catalog();
  const current = (await observeCurrent(installation))?.release;
  const { version: to } = chooseVersion(catalog, {
    ...(version === undefined ? {} : { requested: version }),
    channel: installation.deployment.releases.channel,
    current,
  });
  if (current !== undefined && compareVersions(to, current) < 0) {
    const path = choosePath({ catalog, from: current, to, toolVersion: installation.programs.toolVersion });
    throw noPath(current, to, path.kind === 'none' ? path.findings : []);
  }
  if (current === to) return { from: undefined, to };
  return { from: current, to, command: current === undefined ? 'onward provision' : 'onward upgrade' };
}
