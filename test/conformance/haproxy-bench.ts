import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFenceFile } from '../../src/deploy/fence-file.ts';
import { createHaproxySwitch } from '../../src/deploy/switches/index.ts';
import type { System } from '../../src/system/index.ts';
import { startHaproxy } from '../support/haproxy.ts';
import type { SwitchBench, SwitchMember } from './switches.ts';

export const HAPROXY: SwitchMember = {
  name: 'haproxy',
  ownsFrontend: false,
  // It tries to connect all the while, and hears of the hold's end with its next attempt.
  lastOutOfHold: 'the first one',
  measuresLatency: false,
  prepare: async () => ({ create: createHaproxyBench, remove: async () => {} }),
};

async function createHaproxyBench(system: System): Promise<SwitchBench> {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'onward-haproxy-'));
  const proxy = await startHaproxy();
  const config = {
    ...{ kind: 'haproxy' as const, mode: 'http' as const, backend: 'api', file: proxy.backendFile },
    ...{ admin: { path: proxy.adminSocket }, master: { path: proxy.masterSocket } },
  };
  return {
    connect: () => createHaproxySwitch(system, { stateDirectory, config }),
    fence: (epoch) => createFenceFile(system.files, stateDirectory).raise(epoch),
    route: ({ mode, listen }) => proxy.route({ mode, port: listen?.port ?? 0 }),
    restart: () => proxy.reload(),
    kill: () => proxy.kill(),
    revive: () => proxy.start(),
    async remove() {
      await proxy.remove();
      await rm(stateDirectory, { recursive: true, force: true });
    },
  };
}
