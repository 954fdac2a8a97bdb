import { join } from 'node:path';
import type { Finding } from '../../../model/index.ts';
import type { System } from '../../../system/index.ts';
import { createFenceFile } from '../../fence-file.ts';
import { artifactPath, stageArtifact } from '../../stage-artifact.ts';
import { imageAsProcess, unreadableInstance } from '../errors.ts';
import type { Instance, Runtime, Work } from '../runtime.ts';
import { endCommands } from './command-records.ts';
import { createInstance } from './create-instance.ts';
import { instancesFolder, locateInstance } from './instance-folder.ts';
import { loadInstance } from './load-instance.ts';
import type { ProcessContext, ProcessRuntimeOptions } from './process-context.ts';
import { removeInstance } from './remove-instance.ts';
import { runCommand } from './run-command.ts';
import { startInstance } from './start-instance.ts';
import { stopInstance } from './stop-instance.ts';
import { tailLog } from './tail-log.ts';

/**
 * Instances as processes on this machine, each with a supervisor of its own that outlives the tool. Nothing but this machine's
 * process table and `<stateDirectory>/instances` is read or changed.
 */
export function createProcessRuntime(system: System, options: ProcessRuntimeOptions): Runtime {
  const { stateDirectory } = options;
  const context: ProcessContext = { ...options, system, fence: createFenceFile(system.files, stateDirectory) };
  const fenced = async (epoch: number): Promise<void> => {
    await system.files.makeFolder(stateDirectory, 0o700);
    await context.fence.assertCurrent(epoch);
    await context.fence.raise(epoch);
  };
  return {
    locate: ({ identity }) => artifactPath(stateDirectory, identity),
    async stage({ service, component, from }, epoch) {
      await fenced(epoch);
      if (component.kind === 'image') throw imageAsProcess(service, component);
      await stageArtifact(system, { component, from, stateDirectory });
    },
    // What it needs and has is what this machine has, which is looked at for journals and artifacts anyway.
    observe: async ({ components }) => ({ places: [], exclusive: [], findings: components.flatMap(checkComponent) }),
    describeService: async () => undefined,
    list: (service) => listInstances(context, service),
    async create(spec, epoch) {
      await fenced(epoch);
      await createInstance(context, spec);
    },
    async start(id, epoch) {
      await fenced(epoch);
      await startInstance(context, id, epoch);
    },
    async stop(id, epoch) {
      await fenced(epoch);
      await stopInstance(context, id, epoch);
    },
    async remove(id, epoch) {
      await fenced(epoch);
      await removeInstance(context, id, epoch);
    },
    async tail(id, lines) {
      const folder = await locateInstance(system, stateDirectory, id);
      return folder === undefined ? [] : tailLog(system, folder, lines);
    },
    async runCommand(spec, options) {
      if (spec.slot) await fenced(spec.slot.epoch);
      return runCommand(context, spec, options);
    },
    async endCommands(service, epoch) {
      await fenced(epoch);
      await endCommands(context, service, { slot: 'any' });
    },
    endAbandonedCommands: (service) => endCommands(context, service, {}),
  };
}

function checkComponent({ service, component }: Work['components'][number]): readonly Finding[] {
  if (component.kind !== 'image') return [];
  const { code, message, hint } = imageAsProcess(service, component);
  return [{ code, severity: 'error', message, ...(hint === undefined ? {} : { hint }) }];
}

async function listInstances(
  { system, stateDirectory }: ProcessContext,
  service: string,
): Promise<readonly Instance[]> {
  const folder = join(instancesFolder(stateDirectory), service);
  // Names that start with a dot are instances that are being created or removed.
  const ids = (await system.files.names(folder)).filter((name) => !name.startsWith('.'));
  return Promise.all(ids.map((id) => loadOrName(system, join(folder, id), { id, service })));
}

/** An instance whose files cannot be read is listed as `unknown`, so that nobody decides as if it were not there. */
async function loadOrName(
  system: System,
  folder: string,
  { id, service }: Pick<Instance, 'id' | 'service'>,
): Promise<Instance> {
  try {
    return (await loadInstance(system, folder)).instance;
  } catch (error) {
    const { message } = unreadableInstance(id, folder, error instanceof Error ? error.message : String(error));
    system.log.emit({ type: 'runtime.unreadable-instance', id, service, message });
    const nothing = `sha256:${'0'.repeat(64)}` as const;
    const unread = { release: '', kind: 'service', identity: nothing, config: nothing, run: '' } as const;
    return { id, service, ...unread, state: 'unknown', restarts: 0 };
  }
}
