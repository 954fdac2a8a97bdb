import type { System } from '../../../system/index.ts';
import { createFenceFile } from '../../fence-file.ts';
import type { Runtime } from '../runtime.ts';
import { chooseGraceMs, removeInstance, startInstance, stopInstance } from './change-instance.ts';
import { type ComposeContext, type ComposeRuntimeOptions, findService } from './compose-context.ts';
import { createInstance } from './create-instance.ts';
import { describeService } from './describe-service.ts';
import { createEngine } from './engine.ts';
import { createIdentities } from './images.ts';
import { planKeeping } from './keep-serving.ts';
import { type Found, findInstance, findInstances } from './list-instances.ts';
import { observePlace } from './observe-place.ts';
import { loadProject } from './project.ts';
import type { Project } from './project-model.ts';
import { endCommands } from './recorded-call.ts';
import { runCommand } from './run-command.ts';
import { stageImage } from './stage-image.ts';
import { tailLog } from './tail-log.ts';

/**
 * Instances as containers of the operator's own Compose project. Compose makes them, so that its labels are right; the engine starts, stops
 * and removes them. Of the operator's files none is changed; the override is Onward's, and says what runs.
 */
export function createComposeRuntime(system: System, options: ComposeRuntimeOptions): Runtime {
  const context = createContext(system, options);
  const identify = createIdentities(context);
  const fenced = async (epoch: number): Promise<void> => {
    await system.files.makeFolder(options.stateDirectory, 0o700);
    await context.fence.assertCurrent(epoch);
    await context.fence.raise(epoch);
  };
  const find = (id: string) => findInstance(context, id, identify);
  const findServing = async (service: string, ids: readonly string[]): Promise<readonly Found[]> =>
    (await findInstances(context, service, identify)).filter(({ instance }) => ids.includes(instance.id));
  return {
    isSlowToCreate: true,
    locate: (component) => (component.kind === 'image' ? `${component.image}@${component.identity}` : ''),
    async stage(request, epoch) {
      await fenced(epoch);
      await stageImage(context, request);
    },
    observe: (work) => observePlace(context, work),
    describeService: (service) => describeService(context, service),
    list: async (service) => (await findInstances(context, service, identify)).map(({ instance }) => instance),
    async create(spec, epoch) {
      await fenced(epoch);
      await createInstance(context, spec, epoch);
    },
    async start(id, epoch) {
      await fenced(epoch);
      await startInstance(context, id, { found: await find(id), epoch });
    },
    async stop(id, epoch) {
      await fenced(epoch);
      const found = await find(id);
      if (!found) return;
      const { service } = findService(context, found.instance.service);
      await stopInstance(context, found, { graceMs: chooseGraceMs(service, found.container), epoch });
    },
    async remove(id, epoch) {
      await fenced(epoch);
      const found = await find(id);
      if (found) await removeInstance(context, found, epoch);
    },
    async keep(service, ids) {
      const serving = ids.length === 0 ? 'none' : await findServing(service, ids);
      const effect = await planKeeping(context, service, serving);
      return (
        effect &&
        (async (epoch) => {
          await fenced(epoch);
          await effect(epoch);
        })
      );
    },
    async tail(id, lines) {
      const found = await find(id);
      return found ? tailLog(context, found.container, lines) : [];
    },
    async runCommand(spec, commandOptions) {
      if (spec.slot) await fenced(spec.slot.epoch);
      return runCommand(context, spec, commandOptions);
    },
    async endCommands(service, epoch) {
      await fenced(epoch);
      await endCommands(context, service, { slot: 'any' });
    },
    endAbandonedCommands: (service) => endCommands(context, service, {}),
  };
}

function createContext(system: System, options: ComposeRuntimeOptions): ComposeContext {
  let project: Promise<Project> | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  const context: ComposeContext = {
    ...options,
    system,
    fence: createFenceFile(system.files, options.stateDirectory),
    engine: createEngine(system),
    wanted: new Set(),
    project() {
      project ??= loadProject(context);
      return project;
    },
    inTurn(work) {
      const done = turn.then(work);
      turn = done.catch(() => {});
      return done;
    },
  };
  return context;
}
