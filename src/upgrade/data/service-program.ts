import { keepRevision, type Revision } from '../../configuration/index.ts';
import { noAnswer, type ServiceProgram } from '../../data-migrate/index.ts';
import { type CommandSpec, stageArtifact } from '../../deploy/index.ts';
import { OnwardError, type ServiceDataMigration } from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import { migrateRange, type ReleaseRange, storeOf, toRevision } from '../configuration/observe-configuration.ts';
import { buildEnvironment } from '../desired.ts';
import { findUnfinishedRun } from '../find-run.ts';
import type { Installation } from '../installation.ts';
import { observeCurrent } from '../observe-control.ts';

/**
 * The program of the release that an unfinished run goes to, or else of the one that runs, in the environment that the service has, staged.
 * Throws `data-migrate.no-program` when there is none.
 */
export async function openServiceProgram(
  system: System,
  installation: Installation,
  declared: ServiceDataMigration,
): Promise<ServiceProgram> {
  const missing = (why: string, command = 'data-migrations'): OnwardError =>
    noAnswer({ program: { service: declared.service, command }, id: declared.id, args: [] }, { kind: 'missing', why });
  const serving = await findServing(system, installation);
  if (serving === undefined) throw missing('no release runs');
  const version = serving.to;
  const release = await installation.source.release(version);
  const service = installation.deployment.services.find(({ name }) => name === declared.service);
  const component = release.components.find((candidate) => candidate.service === declared.service);
  const command = release.services.find(({ name }) => name === declared.service)?.dataMigrations;
  if (!service) throw missing('onward.yaml has no such service');
  if (!component || command === undefined) throw missing(`release ${version} has no command for data migrations of it`);
  const { stateDirectory } = installation.deployment;
  const runtime = installation.runtimeOf(service.name);
  const artifact = runtime.locate(component);
  // Whoever asks from another machine than the one that rolled has not staged it.
  const isHere = service.runtime.kind !== 'process' || (await system.files.isFolder(artifact));
  if (!isHere && component.kind !== 'image')
    await stageArtifact(system, { component, from: installation.source.artifactPath(component), stateDirectory });
  const spec: Omit<CommandSpec, 'command'> = {
    service: service.name,
    release: component.producedBy,
    artifact,
    environment: await buildEnvironment(system, service, await keepRevisions(system, installation, serving)),
    graceMs: service.graceMs,
  };
  return {
    service: service.name,
    command,
    graceMs: service.graceMs,
    async run(args, { environment, slot, onOutput, signal }) {
      try {
        return await runtime.runCommand(
          {
            ...spec,
            ...(slot ? { slot } : {}),
            command: [...command.trim().split(/\s+/), ...args],
            environment: { ...spec.environment, ...environment },
          },
          { onOutput, signal },
        );
      } catch (error) {
        if (error instanceof OnwardError && MISSING.includes(error.code)) throw missing(error.message, command);
        throw error;
      }
    },
  };
}

const MISSING: readonly string[] = ['runtime.no-program', 'runtime.program-outside'];

/** The release whose services run, or are going to, and what their configuration files come from. */
async function findServing(system: System, installation: Installation): Promise<ReleaseRange | undefined> {
  const unfinished = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  if (unfinished) return unfinished.state.start;
  const current = await observeCurrent(installation);
  return current && { from: current.release, to: current.release };
}

/** The configuration files as its instances get them. */
async function keepRevisions(
  system: System,
  installation: Installation,
  range: ReleaseRange,
): Promise<readonly Revision[]> {
  if (installation.deployment.configuration.length === 0) return [];
  const { migrated } = await migrateRange(system, installation, range);
  const revisions = migrated.flatMap((each) => toRevision(installation, each) ?? []);
  for (const revision of revisions) await keepRevision(system, storeOf(installation), revision);
  return revisions;
}
