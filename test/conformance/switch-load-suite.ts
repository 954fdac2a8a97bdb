import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Switch, SwitchTarget } from '../../src/deploy/switches/index.ts';
import { createSystem } from '../../src/system/index.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { startLoad } from '../support/open-loop.ts';
import type { SwitchBench, SwitchMember } from './switches.ts';

const TARGET_PROGRAM = resolve(import.meta.dirname, '../support/echo-target.mjs');
const PER_SECOND = 300;
const system = createSystem({ environment: process.env, onEvent: () => {} });

/** What every switch keeps while requests come at a constant rate, half of them on kept-alive connections, a third of them POSTs. */
export function describeSwitchUnderLoad(member: SwitchMember): void {
  describe(`the ${member.name} switch under load`, () => specifySwitchUnderLoad(member));
}

function specifySwitchUnderLoad(member: SwitchMember): void {
  let folder: string;
  let received: string;
  let prepared: Awaited<ReturnType<typeof member.prepare>>;
  let bench: SwitchBench;
  let router: Switch;
  let port: number;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onward-load-'));
    received = join(folder, 'received');
    prepared = await member.prepare();
  });
  afterAll(async () => {
    await prepared.remove();
    await rm(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await writeFile(received, '');
    bench = await prepared.create(system);
    router = bench.connect();
    port = await freePort();
    const frontend = { service: 'api', mode: 'http' as const, listen: { host: '127.0.0.1', port } };
    await router.open(frontend, 1);
    await bench.route(frontend);
  });
  afterEach(async () => {
    await bench.remove();
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  async function startInstance(id: string): Promise<{ readonly child: ChildProcess; readonly target: SwitchTarget }> {
    const child = spawn(process.execPath, [TARGET_PROGRAM, received], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const [line] = await once(child.stdout, 'data');
    return { child, target: { id, address: { host: '127.0.0.1', port: Number(line) }, weight: 1, state: 'active' } };
  }
  const serve = (...targets: readonly SwitchTarget[]) => router.change('api', { targets, isHeld: false }, 1);
  const drained = (id: string) =>
    eventually(
      async () => (await router.observe('api'))?.targets.find((target) => target.id === id)?.inFlight,
      (count) => count === 0,
    );
  const posts = async () =>
    (await readFile(received, 'utf8'))
      .split('\n')
      .filter((line) => line !== '')
      .sort();

  it('fails, loses and doubles no request while v1 becomes v2 and v1 again, and the switch is restarted in between', async () => {
    let current = await startInstance('v0');
    await serve(current.target);
    const load = startLoad(port, { perSecond: PER_SECOND, longMs: 150 });
    for (let flip = 1; flip <= 5; flip += 1) {
      const next = await startInstance(`v${flip}`);
      const old = current;
      await serve(next.target, { ...old.target, state: 'standby' });
      if (flip % 2 === 0) await bench.restart();
      await serve(next.target, { ...old.target, state: 'draining' });
      await drained(old.target.id);
      old.child.kill('SIGKILL');
      await serve(next.target);
      current = next;
    }
    const counters = (await router.observe('api'))?.counters;
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(await posts()).toEqual([...load.posted].sort());
    expect(load.sent).toBeGreaterThan(PER_SECOND);
    expect(counters).toMatchObject({ failed: 0 });
  });

  it('holds every request while there is no instance, and delivers each of them once', async () => {
    const [one, two] = [await startInstance('one'), await startInstance('two')];
    await serve(one.target);
    const load = startLoad(port, { perSecond: PER_SECOND, longMs: 150 });
    await eventually(
      () => load.sent,
      (count) => count > 100,
    );
    await router.change('api', { targets: [{ ...one.target, state: 'draining' }], isHeld: true }, 1);
    await drained('one');
    one.child.kill('SIGKILL');
    await eventually(
      async () => (await router.observe('api'))?.waiting ?? 0,
      (count) => count > 200,
    );
    await serve(two.target);
    await eventually(
      async () => (await router.observe('api'))?.waiting,
      (count) => count === 0,
    );
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(await posts()).toEqual([...load.posted].sort());
    expect((await router.observe('api'))?.counters.held).toBeGreaterThan(200);
  });

  it('fails no request when a target goes away while another one stands by', async () => {
    const server = createServer((incoming, response) => {
      response.setHeader('connection', 'close');
      incoming.resume().on('end', () => response.end('active'));
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const standby = await startInstance('standby');
    await serve({ id: 'active', address, weight: 1, state: 'active' }, { ...standby.target, state: 'standby' });
    const answers: string[] = [];
    for (let sent = 1; sent <= 40; sent += 1) {
      // Between two requests: a connection that it had not accepted yet would be lost with it.
      if (sent === 20) await promisify(server.close.bind(server))();
      const method = sent % 3 === 0 ? 'POST' : 'GET';
      const answer = await fetch(`http://127.0.0.1:${port}/?id=${sent}`, { method });
      answers.push(`${answer.status} ${(await answer.text()).split(' ')[0]}`);
    }
    const expected = answers.map((_, index) => {
      if (index < 19) return '200 active';
      return index % 3 === 2 ? '200 POST' : '200 GET';
    });
    expect(answers).toEqual(expected);
    expect((await router.observe('api'))?.counters).toMatchObject({ carried: 40, failed: 0 });
  });
}
