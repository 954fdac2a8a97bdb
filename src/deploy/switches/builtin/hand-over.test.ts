import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { killSwitch } from '../../../../test/conformance/switches.ts';
import { bundleProgram } from '../../../../test/support/bundle-program.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import { freePort } from '../../../../test/support/free-port.ts';
import { startLoad } from '../../../../test/support/open-loop.ts';
import { createSystem } from '../../../system/index.ts';
import type { SwitchTarget } from '../switch.ts';
import { type BuiltinSwitch, createBuiltinSwitch } from './client.ts';

const TARGET_PROGRAM = resolve(import.meta.dirname, '../../../../test/support/echo-target.mjs');
const system = createSystem({ environment: process.env, onEvent: () => {} });

interface Instance {
  readonly child: ChildProcess;
  readonly target: SwitchTarget;
}

describe('the builtin switch', () => {
  let folder: string;
  let program: string;
  let stateDirectory: string;
  let received: string;
  let port: number;
  let router: BuiltinSwitch;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onward-hand-over-'));
    program = await bundleProgram('src/deploy/switches/builtin/program.ts', folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    stateDirectory = await mkdtemp(join(folder, 'state-'));
    received = join(stateDirectory, 'received');
    await writeFile(received, '');
    port = await freePort();
    router = createBuiltinSwitch(system, { stateDirectory, program });
    await router.open({ service: 'api', mode: 'http', listen: { host: '127.0.0.1', port } }, 1);
  });
  afterEach(async () => {
    await killSwitch(system, stateDirectory);
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  async function startInstance(id: string): Promise<Instance> {
    const child = spawn(process.execPath, [TARGET_PROGRAM, received], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const [line] = await once(child.stdout, 'data');
    return { child, target: { id, address: { host: '127.0.0.1', port: Number(line) }, weight: 1, state: 'active' } };
  }
  const serve = (...targets: readonly SwitchTarget[]) => router.change('api', { targets, isHeld: false }, 1);
  const observe = async () => {
    const found = await router.observe('api');
    if (!found) throw new Error('The switch has no frontend');
    return found;
  };
  const inFlight = async (id: string) => (await observe()).targets.find((target) => target.id === id)?.inFlight;

  it('fails, loses and doubles no request over twenty changes of instances and three hand-overs', async () => {
    let current = await startInstance('v0');
    await serve(current.target);
    const load = startLoad(port, { perSecond: 300, longMs: 150 });
    for (let flip = 1; flip <= 20; flip += 1) {
      const next = await startInstance(`v${flip}`);
      await serve(next.target, { ...current.target, state: 'draining' });
      const old = current;
      await eventually(
        () => inFlight(old.target.id),
        (count) => count === 0,
      );
      old.child.kill('SIGKILL');
      await serve(next.target);
      current = next;
      if (flip % 6 === 0) await router.handOver();
    }
    await load.stop();

    expect(load.failures).toEqual([]);
    const ids = (await readFile(received, 'utf8')).trim().split('\n');
    expect(ids.sort()).toEqual([...load.posted].sort());
    const { counters } = await eventually(observe, (found) => found.counters.carried >= load.sent);
    expect(counters).toMatchObject({ carried: load.sent, failed: 0, serverErrors: 0 });
    expect(load.sent).toBeGreaterThan(1_000);
  });
});
