import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from './eventually.ts';

/** A HAProxy of a test's own, as an operator runs it: a main file with the frontends, and a folder of which one file is Onward's. */
export interface TestHaproxy {
  readonly folder: string;
  readonly adminSocket: string;
  readonly masterSocket: string;
  /** For the backend `api`. */
  readonly backendFile: string;
  /** What a service's `switch` is in onward.yaml, for a backend. */
  switchTo(backend: string): string;
  /** Sends the clients of a loopback port to a backend, `api` unless told, by a reload. Nothing happens when they go there already. */
  route(frontend: { readonly mode: 'http' | 'tcp'; readonly port: number; readonly backend?: string }): Promise<void>;
  /** Says a command to the process that takes new requests. */
  tell(command: string): Promise<string>;
  reload(): Promise<void>;
  start(): Promise<void>;
  /** SIGKILL to the master and all of its processes. */
  kill(): Promise<void>;
  remove(): Promise<void>;
}

const MAIN = (folder: string, frontend: string): string => `global
  stats socket ${folder}/admin.sock mode 600 level admin
  maxconn 2000
  nbthread 1
defaults
  option abortonclose
  timeout client 1h
  timeout server 1h
  timeout connect 5s
${frontend}`;

export async function startHaproxy(): Promise<TestHaproxy> {
  const folder = await mkdtemp(join(tmpdir(), 'haproxy-'));
  const main = join(folder, 'haproxy.cfg');
  const backends = join(folder, 'backends');
  const [adminSocket, masterSocket] = [join(folder, 'admin.sock'), join(folder, 'master.sock')];
  await mkdir(backends);
  await writeFile(main, MAIN(folder, ''));
  const frontends = new Map<string, string>();
  let master: ChildProcess | undefined;
  const log = join(folder, 'haproxy.log');

  const workers = () => (master?.pid === undefined ? [] : childrenOf(master.pid));
  const pidNow = async () => /^Pid: (\d+)$/m.exec(await say(adminSocket, 'show info').catch(() => ''))?.[1];
  const start = async () => {
    const argv = ['-W', '-db', '-S', masterSocket, '-f', main, '-f', backends];
    const child = spawn('/bin/sh', ['-c', 'exec haproxy "$@" 2>>"$0"', log, ...argv], { stdio: 'ignore' });
    master = child;
    await eventually(pidNow, (pid) => pid !== undefined && workers().includes(Number(pid)));
  };
  const kill = async () => {
    if (!master || master.exitCode !== null || master.signalCode !== null) return;
    const victims = workers();
    const exited = once(master, 'exit');
    master.kill('SIGKILL');
    for (const pid of victims) killIfThere(pid);
    await exited;
    await eventually(
      () => say(adminSocket, 'show info').catch(() => 'gone'),
      (text) => text === 'gone',
    );
  };
  const reload = async () => {
    const before = await pidNow();
    // The master starts itself anew after the reload before this one, and nobody listens for a moment.
    const isTold = () =>
      say(masterSocket, 'reload').then(
        () => true,
        () => false,
      );
    await eventually(isTold, (told) => told);
    await eventually(pidNow, (pid) => pid !== undefined && pid !== before).catch(async (error: Error) => {
      throw new Error(`${error.message}\n${(await readFile(log, 'utf8')).slice(-2000)}`);
    });
  };
  await start();
  return {
    ...{ folder, adminSocket, masterSocket, backendFile: join(backends, 'api.cfg') },
    switchTo: (backend) =>
      `{ haproxy: { socket: ${adminSocket}, master: ${masterSocket}, backend: ${backend}, file: ${join(backends, `${backend}.cfg`)} } }`,
    async route({ mode, port, backend = 'api' }) {
      frontends.set(
        backend,
        `frontend clients-of-${backend}\n  mode ${mode}\n  bind 127.0.0.1:${port}\n  option idle-close-on-response\n  timeout http-keep-alive 2s\n  default_backend ${backend}\n`,
      );
      const wanted = MAIN(folder, [...frontends.values()].join(''));
      if ((await readFile(main, 'utf8')) === wanted) return;
      await writeFile(main, wanted);
      await reload();
    },
    tell: (command) => say(adminSocket, command),
    ...{ reload, start, kill },
    async remove() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** One that only finished its requests may have ended by itself. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone, which is what was wanted.
  }
}

function childrenOf(pid: number): readonly number[] {
  try {
    return execFileSync('pgrep', ['-P', String(pid)], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  } catch {
    return [];
  }
}

/** Says a command to a HAProxy that listens on this socket. */
export function say(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect({ path });
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer));
    socket.end(`${command}\n`);
  });
}
