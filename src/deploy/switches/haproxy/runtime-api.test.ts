import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../../test/support/free-port.ts';
import { createSystem } from '../../../system/index.ts';
import { notAnswering } from './errors.ts';
import { createHaproxySwitch } from './haproxy-switch.ts';
import { createRuntimeApi } from './runtime-api.ts';

const HOST = '127.0.0.1';

it('says that a socket is not for this user, and what gives it the right', () => {
  const cause = Object.assign(new Error('connect EACCES /run/a.sock'), { code: 'EACCES' });
  expect(notAnswering({ path: '/run/a.sock' }, cause)).toMatchObject({
    message: 'Could not talk to HAProxy: this user may not use /run/a.sock.',
    hint: expect.stringContaining('mode 660 group <group>'),
  });
});

describe('createRuntimeApi()', () => {
  let folder: string;
  const servers: Server[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onward-api-'));
  });
  afterEach(async () => {
    for (const server of servers.splice(0)) server.close();
    await rm(folder, { recursive: true, force: true });
  });
  /** Answers as told to each command, and hangs up. */
  async function startServer(answerTo: (command: string) => string, path?: string): Promise<number> {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      let asked = '';
      socket.on('data', (data) => {
        asked += data;
      });
      socket.on('end', () => socket.end(answerTo(asked)));
    });
    if (path === undefined) server.listen(0, HOST);
    else server.listen(path);
    servers.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  it('sends one line and returns the whole answer', async () => {
    const send = createRuntimeApi({ host: HOST, port: await startServer((command) => `said: ${command}more\n\n`) });
    expect(await send('show info')).toBe('said: show info\nmore');
  });

  it('reaches a socket whose path is longer than the system takes', async () => {
    const deep = join(folder, 'x'.repeat(60), 'y'.repeat(60));
    await mkdir(deep, { recursive: true });
    const short = join(folder, 'short');
    await symlink(deep, short);
    await startServer(() => 'here', join(short, 'admin.sock'));
    expect(await createRuntimeApi({ path: join(deep, 'admin.sock') })('show info')).toBe('here');
  });

  it('sends nothing that HAProxy would read as more than one command', async () => {
    const send = createRuntimeApi({ host: HOST, port: await freePort() });
    await expect(send('set server api/a\nshutdown sessions server api/a')).rejects.toThrow('no single command');
    await expect(send('show info; disable frontend web')).rejects.toThrow('no single command');
  });

  it('tells nobody there from somebody who hangs up without a word', async () => {
    expect(await createRuntimeApi({ host: HOST, port: await freePort() })('show info')).toBeUndefined();
    expect(await createRuntimeApi({ path: join(folder, 'none.sock') })('show info')).toBeUndefined();
    const send = createRuntimeApi({ host: HOST, port: await startServer(() => '') });
    await expect(send('show info')).rejects.toMatchObject({ code: 'switch.haproxy-not-answering' });
  });

  it('asks again when the connection breaks, and says that nobody is there when that is so then', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      socket.on('error', () => {});
      connections += 1;
      if (connections === 2) socket.end('here');
      else socket.resetAndDestroy();
      if (connections === 3) server.close();
    }).listen(0, HOST);
    servers.push(server);
    await once(server, 'listening');
    const send = createRuntimeApi({ host: HOST, port: (server.address() as AddressInfo).port });
    expect(await send('show info')).toBe('here');
    expect(await send('show info')).toBeUndefined();
    expect(connections).toBe(3);
  });

  it('asks again when nobody answers in time, but says a change once', async () => {
    const heard: string[] = [];
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => {});
      socket.once('data', (data) => {
        heard.push(String(data).trim());
        if (heard.length === 2) socket.end('here');
      });
    }).listen(0, HOST);
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    expect(await createRuntimeApi({ host: HOST, port }, { answerMs: 1_000 })('show info')).toBe('here');
    const send = createRuntimeApi({ host: HOST, port }, { answerMs: 200 });
    await expect(send('set server api/a state maint')).rejects.toMatchObject({
      code: 'switch.haproxy-not-answering',
      message: expect.stringContaining('none within 0.2 s'),
    });
    await expect(send('show stat')).rejects.toMatchObject({ code: 'switch.haproxy-not-answering' });
    expect(heard.filter((command) => command.startsWith('show info'))).toHaveLength(2);
    expect(heard.filter((command) => command.startsWith('set '))).toHaveLength(1);
    expect(heard.filter((command) => command.startsWith('show stat'))).toHaveLength(3);
  });

  const openAt = (port: number) => {
    const system = createSystem({ environment: {}, onEvent: () => {} });
    const config = {
      ...{ kind: 'haproxy' as const, mode: 'http' as const, backend: 'api', file: join(folder, 'api.cfg') },
      admin: { host: HOST, port },
    };
    return createHaproxySwitch(system, { stateDirectory: folder, config, restartMs: 0 }).open(
      { service: 'api', mode: 'http' },
      1,
    );
  };

  it('is used with no HAProxy that is too old, and with nothing that is none', async () => {
    const old = await startServer(() => 'Name: HAProxy\nVersion: 2.4.22-f8e3218\nPid: 7\n');
    await expect(openAt(old)).rejects.toMatchObject({
      code: 'switch.haproxy-too-old',
      message: expect.stringContaining('2.4'),
    });
    const other = await startServer(() => 'HTTP/1.1 400 Bad Request\n');
    await expect(openAt(other)).rejects.toMatchObject({ code: 'switch.haproxy-unreadable' });
    await expect(openAt(await freePort())).rejects.toMatchObject({ code: 'switch.haproxy-not-running' });
  });
});
