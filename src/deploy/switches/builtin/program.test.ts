import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, createServer as createNetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { killSwitch, ownerOf } from '../../../../test/conformance/switches.ts';
import { bundleProgram } from '../../../../test/support/bundle-program.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import { freePort } from '../../../../test/support/free-port.ts';
import { createSystem } from '../../../system/index.ts';
import { type BuiltinSwitch, createBuiltinSwitch } from './client.ts';

const system = createSystem({ environment: process.env, onEvent: () => {} });

describe('the process of the builtin switch', () => {
  let folder: string;
  let program: string;
  let stateDirectory: string;
  let directory: string;
  let port: number;
  let router: BuiltinSwitch;
  let instance: Server;
  let release: (() => void)[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onward-program-'));
    program = await bundleProgram('src/deploy/switches/builtin/program.ts', folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  beforeEach(async () => {
    stateDirectory = await mkdtemp(join(folder, 'state-'));
    directory = join(stateDirectory, 'switch');
    port = await freePort();
    router = createBuiltinSwitch(system, { stateDirectory, program });
    release = [];
    instance = createServer((incoming, response) => {
      if (incoming.url === '/wait') release.push(() => response.end('ok'));
      else response.end('ok');
    });
    instance.listen(0, '127.0.0.1');
    await once(instance, 'listening');
  });
  afterEach(async () => {
    instance.closeAllConnections();
    instance.close();
    await killSwitch(system, stateDirectory);
  });

  const open = (service = 'api', at = port) =>
    router.open({ service, mode: 'http', listen: { host: '127.0.0.1', port: at } }, 1);
  const serve = () =>
    router.change(
      'api',
      {
        targets: [
          {
            id: 'one',
            address: { host: '127.0.0.1', port: (instance.address() as AddressInfo).port },
            weight: 1,
            state: 'active',
          },
        ],
        isHeld: false,
      },
      1,
    );
  const ask = async (path = '/') => (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  const counters = async () => (await router.observe('api'))?.counters;
  /** The processes that were started for this state directory and are alive. */
  const running = async () => {
    const pids: number[] = [];
    for (const name of await readdir('/proc')) {
      const argv = /^\d+$/.test(name) ? await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '') : '';
      if (argv.includes(`${program}\0${stateDirectory}\0`)) pids.push(Number(name));
    }
    return pids;
  };
  const log = () => readFile(join(directory, 'switch.log'), 'utf8');
  const send = (method: string, path: string, body: string) =>
    system.http.send({
      ...{ method, body, url: `http://switch${path}`, timeoutMs: 5_000 },
      socketPath: join(directory, 'admin.sock'),
    });

  it('is one, however many tools open frontends at once', async () => {
    const ports = await Promise.all(Array.from({ length: 4 }, freePort));
    await Promise.all(
      ports.map((each, index) => {
        const tool = createBuiltinSwitch(system, { stateDirectory, program });
        return tool.open({ service: `s${index}`, mode: 'http', listen: { host: '127.0.0.1', port: each } }, 1);
      }),
    );
    const found = await Promise.all(ports.map((_, index) => router.observe(`s${index}`)));
    expect(found.map((each) => each?.listen?.port)).toEqual(ports);
    await eventually(running, (pids) => pids.length === 1);
    expect(await running()).toEqual([(await ownerOf(system, stateDirectory)).pid]);
  });

  it('keeps its folder, sockets and files to its user', async () => {
    await rm(directory, { recursive: true, force: true });
    await open();
    const mode = async (path: string) => (await stat(path)).mode & 0o777;
    expect(await mode(directory)).toBe(0o700);
    const names = await readdir(directory);
    expect(names).toContain('admin.sock');
    expect(new Set(await Promise.all(names.map((name) => mode(join(directory, name)))))).toEqual(new Set([0o600]));
  });

  it('is reached through a path that is too long for a socket', async () => {
    stateDirectory = join(stateDirectory, 'x'.repeat(120));
    await mkdir(stateDirectory);
    directory = join(stateDirectory, 'switch');
    router = createBuiltinSwitch(system, { stateDirectory, program });
    await open();
    await serve();
    expect(await ask()).toBe('ok');
  });

  it('starts over what a crash has left: a socket nobody listens on, an owner that is dead, a half-written state', async () => {
    await open();
    await serve();
    await killSwitch(system, stateDirectory);
    await writeFile(join(directory, 'state.json.4711.tmp'), '{"half":');
    await writeFile(join(directory, 'admin.4711'), '');
    expect(await router.observe('api')).toBeUndefined();
    await open();
    expect(await ask()).toBe('ok');
    expect(await readdir(directory)).not.toContain('admin.4711');
  });

  it('names the port that another process uses, and opens the frontend once it is free', async () => {
    const other = createNetServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    await expect(open()).rejects.toMatchObject({
      code: 'switch.port-in-use',
      message: expect.stringContaining(`127.0.0.1:${port}`),
      hint: expect.stringContaining(`ss -ltnp 'sport = :${port}'`),
      state: 'unchanged',
    });
    other.close();
    await once(other, 'close');
    await open();
    await serve();
    expect(await ask()).toBe('ok');
  });

  it('comes back without a frontend whose port was taken meanwhile, and says so when it is opened', async () => {
    const second = await freePort();
    await open();
    await open('web', second);
    await serve();
    await killSwitch(system, stateDirectory);
    const other = createNetServer().listen(port, '127.0.0.1');
    await once(other, 'listening');
    await open('web', second);
    expect(await router.observe('web')).toMatchObject({ service: 'web' });
    expect(await router.observe('api')).toBeUndefined();
    await expect(open()).rejects.toMatchObject({ code: 'switch.port-in-use' });
    other.close();
    await once(other, 'close');
    await open();
    expect(await ask()).toBe('ok');
  });

  it('says that an address cannot be listened on', async () => {
    await expect(
      router.open({ service: 'api', mode: 'http', listen: { host: '203.0.113.1', port } }, 1),
    ).rejects.toMatchObject({ code: 'switch.cannot-listen', message: expect.stringContaining(`203.0.113.1:${port}`) });
  });

  it('answers what it cannot read with the problem, and goes on', async () => {
    await open();
    const change = (body: string) => send('PUT', '/frontends/api/traffic', body);
    const target = { id: 'a', address: { host: 'a', port: 1 }, weight: 1, state: 'active' };
    const twice = JSON.stringify({ change: { targets: [target, target], isHeld: false }, epoch: 1 });
    const zero = JSON.stringify({ change: { targets: [{ ...target, weight: 0 }], isHeld: false }, epoch: 1 });
    const answers = [
      await change('{'),
      await change('{"change":{"targets":[],"isHeld":"no"},"epoch":-1}'),
      await change(twice),
      await change(zero),
      await send('PUT', '/frontends/%E0%A4%A', '{}'),
      await send('POST', '/handover', '{"program":"relative.js"}'),
    ];
    expect(answers.map((answer) => [answer.status, JSON.parse(answer.body).code])).toEqual(
      Array(6).fill([400, 'switch.bad-request']),
    );
    expect(JSON.parse(answers[1]?.body ?? '').message).toMatch(/change\.isHeld: .*; epoch: /);
    expect((await send('GET', '//', '')).status).toBe(404);
    expect((await send('PATCH', '/frontends/api', '{}')).status).toBe(404);
    expect(await router.observe('api')).toMatchObject({ targets: [], epoch: 1 });
    expect(await log()).toBe('');
  });

  it('refuses stale epochs with 409 on its socket', async () => {
    await router.open({ service: 'api', mode: 'http', listen: { host: '127.0.0.1', port } }, 3);
    const answer = await send('DELETE', '/frontends/api', '{"epoch":2}');
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([409, 'deploy.fenced']);
  });

  it('finishes what is in flight when it is told to stop, and takes no more', async () => {
    await open();
    await serve();
    const slow = ask('/wait');
    await eventually(
      () => release.length,
      (count) => count === 1,
    );
    const owner = await ownerOf(system, stateDirectory);
    system.processes.signal(owner, 'SIGTERM');
    await eventually(
      () => router.observe('api'),
      (found) => found === undefined,
    );
    await expect(ask()).rejects.toThrow();
    expect(system.processes.state(owner)).toBe('alive');
    release[0]?.();
    expect(await slow).toBe('ok');
    await eventually(
      () => system.processes.state(owner),
      (state) => state === 'dead',
    );
    await open();
    expect(await ask()).toBe('ok');
    expect(await counters()).toMatchObject({ carried: 2, failed: 0 });
  });

  it('ends when its last frontend is closed, and can be opened at once', async () => {
    await open();
    const owner = await ownerOf(system, stateDirectory);
    await router.close('api', 1);
    await open();
    await serve();
    expect(await ask()).toBe('ok');
    await eventually(
      () => system.processes.state(owner),
      (state) => state === 'dead',
    );
  });

  it('keeps its counters over a kill, but for the last moment', async () => {
    await open();
    await serve();
    for (let count = 0; count < 5; count += 1) await ask();
    const before = await counters();
    await eventually(
      async () => JSON.parse(await readFile(join(directory, 'state.json'), 'utf8')).frontends[0].counters.carried,
      (carried) => carried === 5,
    );
    await killSwitch(system, stateDirectory);
    await open();
    expect(await counters()).toEqual(before);
  });

  it('says why it cannot start, and starts once that is mended', async () => {
    await open();
    await killSwitch(system, stateDirectory);
    const path = join(directory, 'state.json');
    const good = await readFile(path, 'utf8');
    await writeFile(path, '{"version":2}');
    const error = await open().catch((caught) => caught);
    expect(error).toMatchObject({ code: 'switch.not-started', hint: expect.stringContaining('switch.log') });
    expect(error.detail).toContain('state.json is not what the switch wrote');
    await writeFile(path, good);
    await open();
  });

  it('obeys no change that it cannot keep', async () => {
    await open();
    await serve();
    // A folder stands where the new state would be put.
    await rm(join(directory, 'state.json'));
    await mkdir(join(directory, 'state.json'));
    await expect(router.change('api', { targets: [], isHeld: true }, 1)).rejects.toMatchObject({
      code: 'switch.failed',
    });
    expect(await router.observe('api')).toMatchObject({ isHeld: false, targets: [{ id: 'one' }] });
    expect(await ask()).toBe('ok');
    await rm(join(directory, 'state.json'), { recursive: true });
    await serve();
  });

  it('starts a new log when the old one is over 10 MiB', async () => {
    await open();
    await killSwitch(system, stateDirectory);
    await appendFile(join(directory, 'switch.log'), 'x'.repeat(11 * 1024 * 1024));
    await chmod(join(directory, 'switch.log'), 0o600);
    await writeFile(join(directory, 'state.json'), 'broken');
    await expect(open()).rejects.toMatchObject({ code: 'switch.not-started' });
    expect((await stat(join(directory, 'switch.log'))).size).toBeLessThan(100_000);
    expect((await stat(join(directory, 'switch.log.1'))).size).toBeGreaterThan(10 * 1024 * 1024);
  });

  it('goes away by itself when another process is the switch already', async () => {
    await open();
    const child = spawn(process.execPath, [program, stateDirectory], { stdio: 'ignore' });
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
    await serve();
    expect(await ask()).toBe('ok');
  });
});
