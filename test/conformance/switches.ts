import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFenceFile } from '../../src/deploy/fence-file.ts';
import { createBuiltinSwitch, type Frontend, type Switch } from '../../src/deploy/switches/index.ts';
import type { ProcessIdentity, System } from '../../src/system/index.ts';
import { bundleProgram } from '../support/bundle-program.ts';

/** One installation of a switch, for one test. */
export interface SwitchBench {
  /** A switch as a tool that was just started sees it; every call gives another one for the same installation. */
  connect(): Switch;
  /** Raises the deployment's fence, as another operator does. */
  fence(epoch: number): Promise<void>;
  /** What the operator does once a frontend is opened: sends clients to it, where the switch does not listen by itself. */
  route(frontend: Frontend): Promise<void>;
  /** Puts another process in the place of the one that carries the traffic, in the way that loses nothing. */
  restart(): Promise<void>;
  /** Ends the process that carries the traffic, without a warning. */
  kill(): Promise<void>;
  /** What brings it back, where opening a frontend does not. */
  revive(): Promise<void>;
  remove(): Promise<void>;
}

/** A member of the family of switches, and how a test gets one. */
export interface SwitchMember {
  readonly name: string;
  /** Whether it listens for clients itself, or the operator has something that does. */
  readonly ownsFrontend: boolean;
  /** In which order requests leave a hold. */
  readonly lastOutOfHold: 'the last one' | 'the first one';
  readonly measuresLatency: boolean;
  prepare(): Promise<{ create(system: System): Promise<SwitchBench>; remove(): Promise<void> }>;
}

export const BUILTIN: SwitchMember = {
  name: 'builtin',
  ownsFrontend: true,
  lastOutOfHold: 'the last one',
  measuresLatency: true,
  prepare: prepareBuiltin,
};

async function prepareBuiltin() {
  const folder = await mkdtemp(join(tmpdir(), 'onward-switch-'));
  const program = await bundleProgram('src/deploy/switches/builtin/program.ts', folder);
  return {
    create: (system: System) => createBuiltinBench(system, folder, program),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

async function createBuiltinBench(system: System, folder: string, program: string): Promise<SwitchBench> {
  const stateDirectory = await mkdtemp(join(folder, 'state-'));
  await mkdir(join(stateDirectory, 'switch'), { mode: 0o700 });
  const kill = () => killSwitch(system, stateDirectory);
  return {
    connect: () => createBuiltinSwitch(system, { stateDirectory, program }),
    fence: (epoch) => createFenceFile(system.files, stateDirectory).raise(epoch),
    kill,
    restart: () => createBuiltinSwitch(system, { stateDirectory, program }).handOver(),
    route: async () => {},
    revive: async () => {},
    async remove() {
      await kill();
      await rm(stateDirectory, { recursive: true, force: true });
    },
  };
}

/** Kills the process that owns the switch of a state directory, if there is one, and waits until it is dead. */
export async function killSwitch(system: System, stateDirectory: string): Promise<void> {
  const owner = await ownerOf(system, stateDirectory).catch(() => undefined);
  if (!owner) return;
  system.processes.signal(owner, 'SIGKILL');
  while (system.processes.state(owner) === 'alive') await system.clock.sleep(5);
}

/** The process that is the switch of a state directory, or was the last one. */
export async function ownerOf(system: System, stateDirectory: string): Promise<ProcessIdentity> {
  const directory = join(stateDirectory, 'switch');
  const names = (await system.files.names(directory)).filter((name) => /^owner\.\d+$/.test(name));
  const [newest] = names.sort((a, b) => Number(b.slice(6)) - Number(a.slice(6)));
  if (newest === undefined) throw new Error('No process was the switch yet');
  return JSON.parse(await readFile(join(directory, newest), 'utf8')).process;
}
