/**
 * `startPrivateDockerd({ megabytes?, isLiveRestoring? })`: an engine of one's own, to be stopped, killed, restarted and filled. `host` is for
 * DOCKER_HOST and for `docker(argv, { host })`; `load` brings an image of the machine's engine into it.
 *
 * It shares nothing with the machine's engine but the kernel: folders, socket, containerd and bridge are its own. What it may not be told, because
 * it would reach the machine's engine: to do without a bridge or to have address pools of its own (either removes `docker0`), and to keep firewall
 * rules (it begins with clearing everybody's). One rule of ours lets its containers reach each other. Its networks have no way out of the machine;
 * published ports work on loopback.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, mkdir, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { docker } from './docker.ts';
import { eventually } from './eventually.ts';
import { mountSmallDisk, type SmallDisk } from './small-disk.ts';

const run = promisify(execFile);

export interface PrivateDockerd {
  readonly host: string;
  /** Where its images, containers and volumes are: a file system of its own, in memory, which can be filled. */
  readonly disk: SmallDisk;
  load(reference: string): Promise<void>;
  /** As an administrator does: containers are stopped with it, unless it restores live ones. */
  stop(): Promise<void>;
  /** As the kernel does when memory is short: containers go on until it starts again. */
  kill(): Promise<void>;
  /** After `stop` or `kill`; returns when it answers. */
  start(): Promise<void>;
  restart(): Promise<void>;
  /** As a machine that loses its power: everything is gone at once, and the engine starts what is to be started with it. */
  reboot(): Promise<void>;
  /** Removes it with all that it has. */
  close(): Promise<void>;
}

export interface PrivateDockerdOptions {
  /** The size of its disk; 2048 unless told. */
  readonly megabytes?: number;
  /** Containers go on while the engine is away. */
  readonly isLiveRestoring?: boolean;
}

/** What the machine's engine lets pass for its own bridges alone. */
const WITHIN_A_BRIDGE = ['DOCKER-USER', '--match', 'physdev', '--physdev-is-bridged', '--jump', 'ACCEPT'];

export async function startPrivateDockerd(options: PrivateDockerdOptions = {}): Promise<PrivateDockerd> {
  const folder = await mkdtemp(join(tmpdir(), 'onward-dockerd-'));
  const data = join(folder, 'data');
  await mkdir(data);
  // Not the machine's, which may name a folder or a socket of the machine's engine.
  await writeFile(join(folder, 'daemon.json'), '{}');
  // What it mounts goes with the disk's mount namespace, however it ends.
  const disk = await mountSmallDisk(data, options.megabytes ?? 2048, 'root');
  const bridge = { name: `onward-${folder.slice(-6)}`, address: `10.${randomInt(251, 255)}.${randomInt(256)}.1/24` };
  const host = `unix://${join(folder, 'docker.sock')}`;
  const argv = [...disk.enter, 'dockerd', ...renderFlags({ folder, data, host, bridge, ...options })];
  const log = await open(join(folder, 'log'), 'a+');
  await createBridge(bridge);
  let server = await startServer(argv, host, log).catch(async (error: unknown) => {
    await removeBridge(bridge);
    await disk.remove();
    throw error;
  });
  const end = async (signal: NodeJS.Signals) => {
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill(signal);
    await once(server, 'exit');
  };
  const engine: PrivateDockerd = {
    host,
    disk,
    load: (reference) => load(reference, host),
    stop: () => end('SIGTERM'),
    async kill() {
      await end('SIGKILL');
      // Its containerd ends with it, but counts as alive until somebody reaps it.
      await rm(join(folder, 'run/containerd/containerd.pid'), { force: true });
    },
    async start() {
      server = await startServer(argv, host, log);
    },
    async restart() {
      await engine.stop();
      await engine.start();
    },
    async reboot() {
      const running = await docker(['ps', '--quiet'], { host });
      const format = ['inspect', '--format', '{{.State.Pid}}'];
      const pids = running === '' ? [] : (await docker([...format, ...running.split('\n')], { host })).split('\n');
      await engine.kill();
      for (const pid of pids) process.kill(Number(pid), 'SIGKILL');
      await engine.start();
    },
    async close() {
      // What an engine has left behind is removed by the next one.
      if (server.exitCode !== null || server.signalCode !== null) await engine.start();
      const containers = await docker(['ps', '--all', '--quiet'], { host });
      if (containers !== '') await docker(['rm', '--force', ...containers.split('\n')], { host });
      await docker(['network', 'prune', '--force'], { host });
      await end('SIGTERM');
      await removeBridge(bridge);
      await disk.remove();
      await log.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return engine;
}

function renderFlags(engine: {
  readonly folder: string;
  readonly data: string;
  readonly host: string;
  readonly bridge: Bridge;
  readonly isLiveRestoring?: boolean;
}): readonly string[] {
  const { folder } = engine;
  const name = `onward-${folder.slice(-6)}`;
  return [
    ...['--host', engine.host, '--data-root', engine.data, '--exec-root', join(folder, 'run')],
    ...['--pidfile', join(folder, 'pid'), '--config-file', join(folder, 'daemon.json')],
    ...['--containerd-namespace', name, '--containerd-plugins-namespace', `${name}-plugins`],
    ...['--bridge', engine.bridge.name, '--iptables=false', '--ip6tables=false'],
    ...(engine.isLiveRestoring ? ['--live-restore'] : []),
  ];
}

async function startServer(argv: readonly string[], host: string, log: FileHandle): Promise<ChildProcess> {
  const [program = '', ...args] = argv;
  const server = spawn(program, args, { stdio: ['ignore', log.fd, log.fd] });
  await once(server, 'spawn');
  const answer = await eventually(
    async () => (server.exitCode === null ? docker(['version', '--format', 'up'], { host }).catch(() => '') : 'ended'),
    (value) => value !== '',
    30_000,
  );
  if (answer === 'ended') {
    const { buffer, bytesRead } = await log.read(Buffer.alloc(60000), { position: 0 });
    throw new Error(`The private engine did not start: ${buffer.toString('utf8', 0, bytesRead)}`);
  }
  return server;
}

interface Bridge {
  readonly name: string;
  readonly address: string;
}

async function createBridge({ name, address }: Bridge): Promise<void> {
  await run('ip', ['link', 'add', name, 'type', 'bridge']);
  await run('ip', ['address', 'add', address, 'dev', name]);
  await run('ip', ['link', 'set', name, 'up']);
  await run('iptables', ['--wait', '--insert', ...WITHIN_A_BRIDGE]);
}

async function removeBridge({ name }: Bridge): Promise<void> {
  await run('iptables', ['--wait', '--delete', ...WITHIN_A_BRIDGE]);
  await run('ip', ['link', 'delete', name]);
}

async function load(reference: string, host: string): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'onward-saved-image-'));
  try {
    const archive = join(folder, 'image.tar');
    await docker(['save', '--output', archive, reference]);
    await docker(['load', '--quiet', '--input', archive], { host });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
