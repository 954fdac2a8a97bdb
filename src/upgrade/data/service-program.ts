import { noAnswer, type ServiceProgram } from '../../data-migrate/index.ts';
import { type CommandSpec, stageArtifact } from '../../deploy/index.ts';
import { resolveEnvironment } from '../../deployment/index.ts';
import { OnwardError, type ServiceDataMigration } from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import { artifactFolder } from '../desired.ts';
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
  const version = await findServing(system, installation);
  if (version === undefined) throw missing('no release runs');
  const release = await installation.source.release(version);
  const service = installation.deployment.services.find(({ name }) => name === declared.service);
  const component = release.components.find((candidate) => candidate.service === declared.service);
  const command = release.services.find(({ name }) => name === declared.service)?.dataMigrations;
  if (!service) throw missing('onward.yaml has no such service');
  if (!component || command === undefined) throw missing(`release ${version} has no command for data migrations of it`);
  const { identity } = component;
  const { stateDirectory } = installation.deployment;
  const artifact = artifactFolder(installation, identity);
  // Whoever asks from another machine than the one that rolled has not staged it.
  if (!(await system.files.isFolder(artifact)))
    await stageArtifact(system, { from: installation.source.artifactFolder(identity), identity, stateDirectory });
  const spec: Omit<CommandSpec, 'command'> = {
    service: service.name,
    release: component.producedBy,
    artifact,
    environment: await resolveEnvironment(system, service),
    graceMs: service.graceMs,
  };
  return {
    service: service.name,
    command,
    graceMs: service.graceMs,
    async run(args, { environment, slot, onOutput, signal }) {
      try {
        return await installation.runtime.runCommand(
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

async function findServing(system: System, installation: Installation): Promise<string | undefined> {
  const unfinished = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  return unfinished?.state.start.to ?? (await observeCurrent(installation))?.release;
}
