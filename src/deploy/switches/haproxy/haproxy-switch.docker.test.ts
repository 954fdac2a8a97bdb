import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { freePort } from '../../../../test/support/free-port.ts';
import { startHaproxy, type TestHaproxy } from '../../../../test/support/haproxy.ts';
import { createSystem } from '../../../system/index.ts';
import { createFenceFile } from '../../fence-file.ts';
import type { Switch, SwitchTarget, TargetState } from '../switch.ts';
import type { HaproxyConfig } from './config.ts';
import { createHaproxySwitch } from './haproxy-switch.ts';

const system = createSystem({ environment: process.env, onEvent: () => {} });

describe('the haproxy switch', () => {
  let stateDirectory: string;
  let proxy: TestHaproxy;
  let config: HaproxyConfig;
  let port: number;
  const servers: (Server | NetServer)[] = [];

  beforeEach(async () => {
    stateDirectory = await mkdtemp(join(tmpdir(), 'onward-haproxy-'));
    proxy = await startHaproxy();
    port = await freePort();
    config = {
      ...{ kind: 'haproxy', mode: 'http', backend: 'api', file: proxy.backendFile },
      ...{ admin: { path: proxy.adminSocket }, master: { path: proxy.masterSocket } },
    };
  });
  afterEach(async () => {
    await proxy.remove();
    for (const server of servers.splice(0)) {
      if ('closeAllConnections' in server) server.closeAllConnections();
      server.close();
    }
    await rm(stateDirectory, { recursive: true, force: true });
  });

  const connectSwitch = (more: Partial<HaproxyConfig> = {}, limits: { readonly answerMs?: number } = {}): Switch =>
    createHaproxySwitch(system, { stateDirectory, config: { ...config, ...more }, ...limits });
  async function openSwitch(): Promise<Switch> {
    const router = connectSwitch();
    await router.open({ service: 'api', mode: 'http' }, 1);
    await proxy.route({ mode: 'http', port });
    return router;
  }
  const ask = async (path = '/') => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return `${answer.status} ${await answer.text()}`;
  };
  /** Answers with its name: to `/error` with a 500, to `/wait` once it is released. */
  async function startTarget(id: string, state: TargetState = 'active') {
    const waiting: (() => void)[] = [];
    const server = createServer((incoming, response) => {
      if (incoming.url === '/error') response.statusCode = 500;
      if (incoming.url === '/wait') waiting.push(() => response.end(id));
      else response.end(id);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
    const target: SwitchTarget = { id, address, weight: 1, state };
    const release = () => {
      for (const answer of waiting.splice(0)) answer();
    };
    return { target, release, countWaiting: () => waiting.length };
  }
  /** A socket that passes commands on, until it has passed on so many that change something: then it says nothing any more. */
  async function relay(
    most: number,
    onChange: () => Promise<void> = async () => {},
  ): Promise<{ path: string; passed(): number }> {
    const path = join(stateDirectory, `relay-${servers.length}.sock`);
    let passed = 0;
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.once('data', async (data) => {
        if (/^(add|set|enable|del) /.test(String(data))) {
          if (passed >= most) return socket.destroy();
          passed += 1;
          await onChange();
        }
        const upstream = connect({ path: proxy.adminSocket });
        upstream.end(data);
        upstream.pipe(socket);
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return { path, passed: () => passed };
  }
  /** A socket that loses one command that changes something, or the answer to it: both are kept waiting. */
  async function lossyRelay(at: number, what: 'command' | 'answer'): Promise<{ path: string; hasLost(): boolean }> {
    const path = join(stateDirectory, `lossy-${servers.length}.sock`);
    let passed = 0;
    const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.once('data', (data) => {
        const isLost = /^(add|set|enable|del) /.test(String(data)) && ++passed === at + 1;
        if (isLost && what === 'command') return;
        const upstream = connect({ path: proxy.adminSocket });
        upstream.end(data);
        if (isLost) upstream.resume();
        else upstream.pipe(socket);
      });
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return { path, hasLost: () => passed > at };
  }
  const states = async (router: Switch) =>
    (await router.observe('api'))?.targets.map(({ id, state }) => `${id}=${state}`).join(' ');

  it('comes to the same end when a change is cut off after any of its commands and made again', async () => {
    const router = await openSwitch();
    const [one, two, three] = [await startTarget('one'), await startTarget('two'), await startTarget('three')];
    const before = { targets: [one.target, { ...three.target, state: 'standby' as const }], isHeld: false };
    const after = { targets: [{ ...one.target, state: 'standby' as const }, two.target], isHeld: false };
    let most = 0;
    for (; ; most += 1) {
      await router.change('api', before, 1);
      const cut = await relay(most);
      const attempt = await connectSwitch({ admin: { path: cut.path } })
        .change('api', after, 1)
        .then(
          () => 'done',
          (error: { code: string }) => error.code,
        );
      if (attempt === 'done') break;
      expect(attempt).toBe('switch.haproxy-not-answering');
      expect(await ask()).toMatch(/^200 (one|two)$/);
      await router.change('api', after, 1);
      expect(await states(router)).toBe('one=standby two=active');
      expect(await ask()).toBe('200 two');
    }
    // Two servers added, enabled and made ready; two taken out. Those get nothing any more, so whether they are removed can wait.
    expect(most).toBe(8);
    await router.change('api', before, 1);
    expect(await proxy.tell('show servers state api')).not.toContain(' two ');
  });

  it.each(['command', 'answer'] as const)('makes a change whichever %s of it HAProxy is too slow for', async (what) => {
    const router = await openSwitch();
    const [one, two] = [await startTarget('one'), await startTarget('two')];
    const before = { targets: [one.target], isHeld: false };
    const after = { targets: [two.target], isHeld: false };
    let at = 0;
    for (; ; at += 1) {
      await router.change('api', before, 1);
      const slow = await lossyRelay(at, what);
      await connectSwitch({ admin: { path: slow.path } }, { answerMs: 500 }).change('api', after, 1);
      if (!slow.hasLost()) break;
      expect(await states(router)).toBe('two=active');
      expect(await ask()).toBe('200 two');
    }
    // One server added, enabled and made ready; one taken out, and removed.
    expect(at).toBe(5);
  });

  it('says nothing more to HAProxy once another operator has taken over in the middle of a change', async () => {
    const router = await openSwitch();
    const [one, two] = [await startTarget('one'), await startTarget('two')];
    await router.change('api', { targets: [one.target], isHeld: false }, 1);
    const fence = createFenceFile(system.files, stateDirectory);
    const taken = await relay(100, () => fence.raise(2));
    const change = connectSwitch({ admin: { path: taken.path } }).change(
      'api',
      { targets: [two.target], isHeld: false },
      1,
    );
    await expect(change).rejects.toMatchObject({ code: 'deploy.fenced' });
    expect(taken.passed()).toBe(1);
    expect(await ask()).toBe('200 one');
  });

  it('comes back with what a change wanted when HAProxy is killed in the middle of it', async () => {
    const router = await openSwitch();
    const [one, two] = [await startTarget('one'), await startTarget('two')];
    await router.change('api', { targets: [one.target], isHeld: false }, 1);
    const cut = await relay(1);
    const change = connectSwitch({ admin: { path: cut.path } }).change(
      'api',
      { targets: [two.target], isHeld: false },
      1,
    );
    await expect(change).rejects.toMatchObject({ code: 'switch.haproxy-not-answering' });
    await proxy.kill();
    await proxy.start();
    expect([await ask(), await states(router)]).toEqual(['200 two', 'two=active']);
  });

  it('tells that its file says something else, after a change that was cut off behind it, and opening it again mends that', async () => {
    const router = await openSwitch();
    const one = await startTarget('one');
    const now = { targets: [one.target], isHeld: false };
    await router.change('api', now, 1);
    expect(await router.observe('api')).toMatchObject({ isWrittenDown: true });
    const cut = await relay(0);
    const held = { targets: [], isHeld: true };
    await expect(connectSwitch({ admin: { path: cut.path } }).change('api', held, 1)).rejects.toThrow();
    expect(await router.observe('api')).toMatchObject({ isHeld: false, isWrittenDown: false });
    await router.open({ service: 'api', mode: 'http' }, 1);
    expect(await router.observe('api')).toMatchObject({ isHeld: false, isWrittenDown: true });
    await proxy.reload();
    await eventually(ask, (answer) => answer === '200 one');
  });

  it('tells the truth after HAProxy was restarted with another file, and the next change repairs it', async () => {
    const router = await openSwitch();
    const [one, two] = [await startTarget('one'), await startTarget('two')];
    await router.change('api', { targets: [one.target], isHeld: false }, 1);
    const old = await readFile(proxy.backendFile, 'utf8');
    await router.change('api', { targets: [two.target], isHeld: false }, 1);
    await writeFile(proxy.backendFile, old);
    await proxy.reload();
    expect(await states(router)).toBe('one=active');
    await router.change('api', { targets: [two.target], isHeld: false }, 1);
    expect([await ask(), await states(router)]).toEqual(['200 two', 'two=active']);
  });

  it('counts what an earlier process still has in flight after a reload', async () => {
    const router = await openSwitch();
    const one = await startTarget('one');
    await router.change('api', { targets: [one.target], isHeld: false }, 1);
    const slow = ask('/wait');
    await eventually(one.countWaiting, (count) => count === 1);
    await proxy.reload();
    const inFlight = async () => (await router.observe('api'))?.targets[0]?.inFlight;
    expect(await inFlight()).toBe(1);
    one.release();
    expect(await slow).toBe('200 one');
    await eventually(inFlight, (count) => count === 0);
  });

  it('keeps what removed servers have counted, and says when counts are lost', async () => {
    const router = await openSwitch();
    const [one, two] = [await startTarget('one'), await startTarget('two')];
    await router.change('api', { targets: [one.target], isHeld: false }, 1);
    expect([await ask('/error'), await ask('/error'), await ask()]).toEqual(['500 one', '500 one', '200 one']);
    await router.change('api', { targets: [two.target], isHeld: false }, 1);
    expect(await proxy.tell('show servers state api')).not.toContain(' one ');
    expect(await ask('/error')).toBe('500 two');
    const before = (await router.observe('api'))?.counters;
    expect(before).toMatchObject({ carried: 4, serverErrors: 3, failed: 0 });
    await proxy.kill();
    await proxy.start();
    const after = (await router.observe('api'))?.counters;
    expect(after).toMatchObject({ carried: 0, serverErrors: 0 });
    expect(after?.since).not.toBe(before?.since);
  });

  it('counts requests that nobody could answer', async () => {
    const router = await openSwitch();
    const gone = {
      id: 'gone',
      address: { host: '127.0.0.1', port: await freePort() },
      weight: 1,
      state: 'active' as const,
    };
    expect(await ask()).toMatch(/^503 /);
    await router.change('api', { targets: [gone], isHeld: false }, 1);
    expect(await ask()).toMatch(/^503 /);
    expect((await router.observe('api'))?.counters).toMatchObject({ carried: 2, failed: 2, failures: { connect: 2 } });
  });

  it('writes the file and names the next command when it must not reload HAProxy', async () => {
    const { master: _, ...without } = config;
    const router = createHaproxySwitch(system, { stateDirectory, config: without });
    await expect(router.open({ service: 'api', mode: 'http' }, 1)).rejects.toMatchObject({
      code: 'switch.haproxy-not-loaded',
      hint: expect.stringContaining('systemctl reload haproxy'),
    });
    await proxy.reload();
    await router.open({ service: 'api', mode: 'http' }, 1);
    expect(await states(router)).toBe('');
  });

  it('refuses a backend of the operator’s own, and leaves it as it is', async () => {
    const main = join(proxy.folder, 'haproxy.cfg');
    await writeFile(main, `${await readFile(main, 'utf8')}backend api\n  mode http\n  server mine 127.0.0.1:1\n`);
    await proxy.reload();
    await expect(connectSwitch().open({ service: 'api', mode: 'http' }, 1)).rejects.toMatchObject({
      code: 'switch.haproxy-other-backend',
    });
    expect(existsSync(proxy.backendFile)).toBe(false);
  });

  it('refuses the backend of another deployment, and leaves it as it is', async () => {
    const router = await openSwitch();
    const one = await startTarget('one');
    await router.change('api', { targets: [one.target], isHeld: false }, 1);
    const copy = { ...config, file: join(stateDirectory, 'api.cfg') };
    const other = createHaproxySwitch(system, { stateDirectory: join(stateDirectory, 'other'), config: copy });
    const frontend = { service: 'api', mode: 'http' as const };
    expect(await other.check(frontend)).toMatchObject({ code: 'switch.haproxy-taken' });
    await expect(other.open(frontend, 1)).rejects.toMatchObject({ code: 'switch.haproxy-taken' });
    expect([existsSync(copy.file), await states(router)]).toEqual([false, 'one=active']);
  });

  it('says so when HAProxy does not start with its configuration, which goes on as before', async () => {
    const main = join(proxy.folder, 'haproxy.cfg');
    const good = await readFile(main, 'utf8');
    await writeFile(main, `${good}no such section\n`);
    await expect(connectSwitch().open({ service: 'api', mode: 'http' }, 1)).rejects.toMatchObject({
      code: 'switch.haproxy-not-reloaded',
    });
    expect(await proxy.tell('show info')).toContain('Version: ');
    await writeFile(main, good);
    await connectSwitch().open({ service: 'api', mode: 'http' }, 1);
  });

  it('says beforehand what would be in the way, and changes nothing', async () => {
    const frontend = { service: 'api', mode: 'http' } as const;
    const check = async (router: Switch) => (await router.check(frontend))?.code;
    expect(await check(connectSwitch())).toBeUndefined();
    expect(existsSync(proxy.backendFile)).toBe(false);
    expect(await check(connectSwitch({ file: join(proxy.folder, 'none', 'api.cfg') }))).toBe(
      'switch.haproxy-no-folder',
    );
    expect(await check(connectSwitch({ admin: { host: '127.0.0.1', port } }))).toBe('switch.haproxy-not-running');
    const router = await openSwitch();
    expect(await check(router)).toBeUndefined();
    await proxy.kill();
    expect(await check(router)).toBe('switch.haproxy-not-running');
  });

  it('tells of a backend of the operator’s what it is asked, and after a reload what is left of that', async () => {
    const one = await startTarget('one');
    const { host, port: at } = one.target.address;
    const section = `backend old\n  mode http\n  server mine ${host}:${at} check inter 50\n`;
    await writeFile(join(proxy.folder, 'backends', 'old.cfg'), section);
    const router = connectSwitch();
    await router.open({ service: 'api', mode: 'http' }, 1);
    await router.change('api', { targets: [one.target], isHeld: false }, 1);
    await proxy.route({ mode: 'http', port, backend: 'old' });
    const others = async () => (await router.observeOthers?.())?.servers;
    const mine = { backend: 'old', isListen: false, server: 'mine', address: one.target.address };
    await eventually(
      () => proxy.tell('show stat -1 4 -1'),
      (stat) => /^old,mine,.*,L4OK,/m.test(stat),
    );
    expect(await others()).toEqual([{ ...mine, asked: 0, inFlight: 0 }]);
    expect(await ask()).toBe('200 one');
    const slow = ask('/wait');
    await eventually(one.countWaiting, (count) => count === 1);
    expect(await others()).toMatchObject([{ ...mine, asked: 2, inFlight: 1, lastS: expect.any(Number) }]);
    await proxy.reload();
    expect(await others()).toEqual([{ ...mine, asked: 0, inFlight: 1 }]);
    one.release();
    expect(await slow).toBe('200 one');
    await eventually(others, (found) => found?.[0]?.inFlight === 0);
    await proxy.kill();
    expect(await others()).toBeUndefined();
  });

  it('does the same whatever the operator’s defaults say', async () => {
    const main = join(proxy.folder, 'haproxy.cfg');
    const others = [
      'option httpchk GET /none',
      'http-check expect status 299',
      'retry-on all-retryable-errors',
      'default-server check',
    ];
    const text = (await readFile(main, 'utf8')).replace(
      'defaults\n',
      `defaults\n  mode http\n  ${others.join('\n  ')}\n`,
    );
    await writeFile(main, text);
    await proxy.reload();
    const router = connectSwitch();
    await router.open({ service: 'api', mode: 'http' }, 1);
    await writeFile(main, `${text}frontend clients\n  bind 127.0.0.1:${port}\n  default_backend api\n`);
    await proxy.reload();
    await router.change('api', { targets: [], isHeld: true }, 1);
    const waiting = ask();
    await eventually(
      async () => (await router.observe('api'))?.waiting,
      (count) => count === 1,
    );
    const one = await startTarget('one');
    await router.change('api', { targets: [one.target], isHeld: false }, 1);
    expect([await waiting, await ask()]).toEqual(['200 one', '200 one']);
    await proxy.reload();
    await eventually(
      () => proxy.tell('show stat -1 4 -1'),
      (stat) => /^api,one,.*,L4OK,/m.test(stat),
    );
    expect(await ask()).toBe('200 one');
  });

  it('changes the mode of a backend by a reload, with its targets kept', async () => {
    const router = await openSwitch();
    const one = await startTarget('one');
    await router.change('api', { targets: [one.target], isHeld: false }, 1);
    await writeFile(
      join(proxy.folder, 'haproxy.cfg'),
      (await readFile(join(proxy.folder, 'haproxy.cfg'), 'utf8')).replace('mode http', 'mode tcp'),
    );
    await router.open({ service: 'api', mode: 'tcp' }, 1);
    expect(await router.observe('api')).toMatchObject({ mode: 'tcp', targets: [{ id: 'one', state: 'active' }] });
    expect(await ask()).toBe('200 one');
  });

  it('moves a target that has another address now', async () => {
    const router = await openSwitch();
    const [one, two] = [await startTarget('one'), await startTarget('two')];
    await router.change('api', { targets: [{ ...one.target, id: 'api' }], isHeld: false }, 1);
    expect(await ask()).toBe('200 one');
    await router.change('api', { targets: [{ ...two.target, id: 'api' }], isHeld: false }, 1);
    expect(await ask()).toBe('200 two');
  });
});
