import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { killSwitch, ownerOf } from '../../../../test/conformance/switches.ts';
import { bundleProgram } from '../../../../test/support/bundle-program.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import { freePort } from '../../../../test/support/free-port.ts';
import { createTestServers, targetAt } from '../../../../test/support/frontends.ts';
import { startLoad } from '../../../../test/support/open-loop.ts';
import { connectRaw } from '../../../../test/support/raw-http.ts';
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
  const servers = createTestServers();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onward-hand-over-'));
    program = await bundleProgram('src/deploy/switches/builtin/program.ts', folder);
  });
  afterAll(async () => {
    await servers.close();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    stateDirectory = await mkdtemp(join(folder, 'state-'));
    received = join(stateDirectory, 'received');
    await writeFile(received, '');
    port = await freePort();
    router = createBuiltinSwitch(system, { stateDirectory, program });
    await open();
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
  /** An instance that answers with its name; to `/wait`, once it is released. */
  async function startGate(id: string): Promise<{ readonly target: SwitchTarget; release(): void }> {
    const waiting: (() => void)[] = [];
    const { port: at } = await servers.http((incoming, response) => {
      response.setHeader('content-length', id.length);
      if (incoming.url === '/wait') waiting.push(() => response.end(id));
      else response.end(id);
    });
    const release = () => {
      for (const answer of waiting) answer();
    };
    return { target: targetAt(at, { id }), release };
  }
  const open = () => router.open({ service: 'api', mode: 'http', listen: { host: '127.0.0.1', port } }, 1);
  const serve = (...targets: readonly SwitchTarget[]) => router.change('api', { targets, isHeld: false }, 1);
  const state = async () => JSON.parse(await readFile(join(stateDirectory, 'switch', 'state.json'), 'utf8'));
  /** The processes that were the switch before and still serve, as the switch knows them once it has asked. */
  const predecessors = async (): Promise<number[]> => {
    await observe();
    await serve(...(await observe()).targets.map(({ inFlight: _, ...target }) => target));
    return (await state()).predecessors.map((each: { process: { pid: number } }) => each.process.pid);
  };
  const owner = () => ownerOf(system, stateDirectory);
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
  }, 180_000);

  it('keeps the truth about what is in flight while both processes serve', async () => {
    const [one, two] = [await startGate('one'), await startGate('two')];
    await serve(one.target);
    const [slow, kept] = [await connectRaw(port), await connectRaw(port)];
    slow.write('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n');
    kept.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await kept.until((text) => text.endsWith('one'));
    await eventually(
      () => inFlight('one'),
      (count) => count === 1,
    );

    await router.handOver();
    expect(await inFlight('one')).toBe(1);
    expect((await observe()).counters.carried).toBe(1);
    await serve({ ...one.target, state: 'draining' }, two.target);
    // The kept connection is still served by the process from before, which follows the change and then ends the connection.
    kept.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect((await kept.closed()).received).toMatch(/one[\s\S]*Connection: close[\s\S]*two$/);
    expect(await inFlight('one')).toBe(1);
    one.release();
    expect((await slow.closed()).received).toMatch(/Connection: close[\s\S]*one$/);
    await eventually(
      () => inFlight('one'),
      (count) => count === 0,
    );
    await eventually(predecessors, (pids) => pids.length === 0);
    expect((await observe()).counters).toMatchObject({ carried: 3, failed: 0 });
  });

  it('carries websockets on in the process that accepted them', async () => {
    const echo = createServer();
    echo.on('upgrade', (_, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
      socket.pipe(socket);
      socket.on('error', () => {});
    });
    await new Promise<void>((done) => echo.listen(0, '127.0.0.1', done));
    const address = { host: '127.0.0.1', port: (echo.address() as AddressInfo).port };
    await serve({ id: 'echo', address, weight: 1, state: 'active' });
    const client = await connectRaw(port);
    client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    await client.until((text) => text.endsWith('\r\n\r\n'));
    await router.handOver();
    await router.handOver();
    client.write('still here');
    await client.until((text) => text.endsWith('still here'));
    expect(await inFlight('echo')).toBe(1);
    client.socket.end();
    await eventually(predecessors, (pids) => pids.length === 0);
    expect((await observe()).counters).toMatchObject({ carried: 1, failed: 0 });
    echo.close();
  });

  it('goes on as if nothing had happened when its successor fails', async () => {
    const one = await startInstance('one');
    await serve(one.target);
    const { pid } = await owner();
    const failing = async (name: string, text: string) => {
      const path = join(folder, `${name}.mjs`);
      await writeFile(path, text);
      const other = createBuiltinSwitch(system, { stateDirectory, program: path });
      await expect(other.handOver()).rejects.toMatchObject({ code: 'switch.hand-over-failed' });
    };
    const load = startLoad(port, { perSecond: 100, longMs: 50 });
    await failing('ends', 'process.exit(0)');
    await failing('throws', 'throw new Error()');
    await failing(
      'ends-late',
      "process.once('message', () => { process.send({ type: 'ready' }); setTimeout(() => process.exit(1), 50) })",
    );
    const missing = createBuiltinSwitch(system, { stateDirectory, program: join(folder, 'missing.mjs') });
    await expect(missing.handOver()).rejects.toMatchObject({ code: 'switch.hand-over-failed' });
    await load.stop();
    expect(load.failures).toEqual([]);
    expect((await owner()).pid).toBe(pid);
    expect((await observe()).counters).toMatchObject({ carried: load.sent, failed: 0 });
    await router.handOver();
    expect((await owner()).pid).not.toBe(pid);
  });

  it('asks what was the switch before even after the switch was killed in between', async () => {
    const one = await startGate('one');
    await serve(one.target);
    const slow = await connectRaw(port);
    slow.write('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(
      () => inFlight('one'),
      (count) => count === 1,
    );
    await router.handOver();
    await killSwitch(system, stateDirectory);
    await open();
    expect(await inFlight('one')).toBe(1);
    one.release();
    await slow.until((text) => text.endsWith('one'));
    await eventually(predecessors, (pids) => pids.length === 0);
    expect((await observe()).counters).toMatchObject({ carried: 1, failed: 0 });
  });

  it('forgets a process from before that was killed', async () => {
    const one = await startGate('one');
    await serve(one.target);
    const slow = await connectRaw(port);
    slow.write('GET /wait HTTP/1.1\r\nHost: a\r\n\r\n');
    await eventually(
      () => inFlight('one'),
      (count) => count === 1,
    );
    const { pid } = await owner();
    await router.handOver();
    expect(await predecessors()).toEqual([pid]);
    process.kill(pid, 'SIGKILL');
    await eventually(
      () => inFlight('one'),
      (count) => count === 0,
    );
    await eventually(predecessors, (pids) => pids.length === 0);
  });
});
