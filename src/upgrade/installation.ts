import { join } from 'node:path';
import { type Checker, createChecker } from '../checks/index.ts';
import {
  type BuiltinSwitch,
  createBuiltinSwitch,
  createFenceFile,
  type FenceFile,
  type Runtime,
  type Switch,
} from '../deploy/index.ts';
import { loadDeployment, resolveDatabaseTargets, resolveSecret } from '../deployment/index.ts';
import type { Deployment } from '../model/index.ts';
import { openSource, type ReleaseSource } from '../release/index.ts';
import type { ConnectionTarget, System } from '../system/index.ts';
import { type Control, createControl } from './control.ts';
import { createRuntimes } from './runtimes.ts';
import { createSwitches } from './switches.ts';

/** The detached programs that come with the tool. */
export interface Programs {
  readonly supervisor: string;
  readonly switch: string;
  /** The tool's own version, which releases may require. */
  readonly toolVersion: string;
}

/** One deployment with everything that acts on it, opened. */
export interface Installation {
  readonly deployment: Deployment;
  readonly programs: Programs;
  readonly databases: ReadonlyMap<string, ConnectionTarget>;
  readonly source: ReleaseSource;
  /** What starts and stops the instances of a service. */
  readonly runtimeOf: (service: string) => Runtime;
  /** What decides which instances of a service get traffic. */
  readonly switchOf: (service: string) => Switch;
  /** The switch that Onward brings along, whether or not a service is behind it. */
  readonly builtin: BuiltinSwitch;
  readonly fence: FenceFile;
  readonly control: Control;
  readonly checker: Checker;
  /** Keys the identities of rendered configurations, so that they tell nothing of the secrets inside. */
  readonly configKey: string;
}

/** Reads `onward.yaml` (`path`: the file or its folder) and prepares what acts on the deployment. Connects to nothing yet. */
export async function openInstallation(system: System, path: string, programs: Programs): Promise<Installation> {
  const deployment = await loadDeployment(system, path);
  const { stateDirectory } = deployment;
  const databases = await resolveDatabaseTargets(system, deployment);
  const controlTarget = databases.get(deployment.control);
  if (!controlTarget) throw new Error(`There is no database ${deployment.control}`);
  await system.files.makeFolder(stateDirectory, 0o700);
  const builtin = createBuiltinSwitch(system, { stateDirectory, program: programs.switch });
  return {
    deployment,
    programs,
    databases,
    source: await openSource(system, deployment.releases.source),
    runtimeOf: createRuntimes(system, { deployment, program: programs.supervisor }),
    switchOf: createSwitches(system, { deployment, builtin }),
    builtin,
    fence: createFenceFile(system.files, stateDirectory),
    control: createControl(system, controlTarget),
    checker: createChecker(system, {
      databases,
      resolveSecret: (secret, where) => resolveSecret(system, secret, where),
    }),
    configKey: await loadOrCreateKey(system, join(stateDirectory, 'config.key')),
  };
}

async function loadOrCreateKey(system: System, path: string): Promise<string> {
  const found = await system.files.readTextIfPresent(path);
  if (found !== undefined) return found.trim();
  const key = system.random.hex(32);
  await system.files.writeAtomic(path, `${key}\n`);
  return key;
}
