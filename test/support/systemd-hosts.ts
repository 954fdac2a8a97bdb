/**
 * `startHosts(3)`: machines of their own, as containers with systemd as process 1 and sshd, reached with the ssh of this machine.
 *
 * `hosts.list` has `host1`, `host2`, …; `ssh -F <hosts.sshConfig> host1 …` logs in as root (`-l deploy` as an ordinary user, who may do nothing by
 * sudo until `allowSudo` says so) and knows the hosts' keys. With `hasDocker` each has a Docker engine of its own, which reaches a registry of this
 * machine through `lend`.
 * Each host can be paused, cut off the network, without sshd, killed and started again; its address stays. Node is on every host's PATH.
 */
import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createProject, docker, removeProject } from './docker.ts';
import { eventually } from './eventually.ts';
import { dockerHostImage, systemdImage } from './systemd-image.ts';

const run = promisify(execFile);

export interface Host {
  /** As in `host1`: its name in the ssh configuration, and its hostname. */
  readonly name: string;
  readonly address: string;
  readonly port: 22;
  readonly container: string;
  /** Runs as root on it, not through ssh; returns what it printed and throws when it fails. */
  exec(argv: readonly string[]): Promise<string>;
  /** Suspends all of it: connections neither fail nor go on. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
  /** Ends sshd and every session of it at once; what units run goes on. */
  killSshd(): Promise<void>;
  startSshd(): Promise<void>;
  /** Lets the ordinary user become root: without a question, or with a password, which nobody has. */
  allowSudo(how: 'freely' | 'with a password'): Promise<void>;
  disconnect(): Promise<void>;
  reconnect(): Promise<void>;
  /** As a power cut does; what is on its disk stays. */
  kill(): Promise<void>;
  /** After `kill`; returns when it has booted. */
  start(): Promise<void>;
}

export interface Hosts {
  readonly list: readonly Host[];
  /** For `ssh -F`. */
  readonly sshConfig: string;
  /** The private key that all hosts let in. */
  readonly identityFile: string;
  readonly knownHosts: string;
  /** Until `close`, 127.0.0.1:<port> of every host is the one of this machine. Needs sshd there. */
  lend(port: number): Promise<void>;
  close(): Promise<void>;
}

/** What systemd needs of a container; `--privileged` is more than some engines may give. */
const RIGHTS = [
  ...['--cap-add', 'SYS_ADMIN', '--cap-add', 'NET_ADMIN', '--cgroupns', 'private'],
  ...['--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'],
  ...['--tmpfs', '/run:exec', '--tmpfs', '/run/lock'],
];

/** What an engine needs beside it. Its files are on a volume: an overlay on an overlay is none. */
const DOCKER_RIGHTS = [
  ...['--cap-add', 'ALL', '--cap-drop', 'SYS_RESOURCE', '--security-opt', 'systempaths=unconfined'],
  ...['--volume', '/var/lib/docker'],
];

export interface HostsOptions {
  readonly hasDocker?: boolean;
  /** Names of hosts on which ssh logs in as the ordinary user, who may become root there by sudo. */
  readonly asUser?: readonly string[];
}

/**
 * Stays where "docker exec" puts processes. Without one there, an engine on the host gives its containers controllers by way of that group, which
 * then takes no processes any more.
 */
const STAYING = ['sleep', 'infinity'];

/** Returns when all have booted and take logins, and their engines answer. */
export async function startHosts(count: number, options: HostsOptions = {}): Promise<Hosts> {
  const { hasDocker = false, asUser = [] } = options;
  const image = await (hasDocker ? dockerHostImage() : systemdImage());
  const rights = hasDocker ? [...RIGHTS, ...DOCKER_RIGHTS] : RIGHTS;
  const project = createProject('hosts');
  const folder = await mkdtemp(join(tmpdir(), `${project}-`));
  try {
    const subnet = await createNetwork(project);
    const identityFile = join(folder, 'login_key');
    await createKey(identityFile);
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const list = await Promise.all(
      numbers.map((number) =>
        startHost({ number, image, rights, project, folder, address: `${subnet}.${number + 1}` }),
      ),
    );
    const files = await writeClientFiles(folder, list, asUser);
    for (const host of list) if (asUser.includes(host.name)) await host.allowSudo('freely');
    const lines: Line[] = [];
    return {
      list,
      identityFile,
      ...files,
      async lend(port) {
        for (const { name } of list) lines.push({ name, ...files, socket: join(folder, `${name}-${port}`) });
        await Promise.all(lines.filter(({ socket }) => socket.endsWith(`-${port}`)).map((line) => lay(line, port)));
      },
      async close() {
        await Promise.all(lines.map(cut));
        await removeProject(project);
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await removeProject(project);
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** A connection to a host that carries a port of this machine. */
interface Line {
  readonly name: string;
  readonly sshConfig: string;
  readonly socket: string;
}

/** Returns when the port is there. */
async function lay({ name, sshConfig, socket }: Line, port: number): Promise<void> {
  const forward = ['-o', 'ExitOnForwardFailure=yes', '-R', `127.0.0.1:${port}:127.0.0.1:${port}`];
  // In the background it would keep what this process reads from it.
  await run('sh', [
    '-c',
    'exec "$@" >/dev/null 2>&1',
    'sh',
    'ssh',
    '-F',
    sshConfig,
    '-M',
    '-S',
    socket,
    '-f',
    '-N',
    ...forward,
    name,
  ]);
}

/** One that is gone with its host needs no end. */
async function cut({ name, sshConfig, socket }: Line): Promise<void> {
  await run('ssh', ['-F', sshConfig, '-S', socket, '-O', 'exit', name]).catch(() => {});
}

/** A network with addresses of its own, which hosts keep; returns the first three numbers of them. */
async function createNetwork(project: string): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const subnet = `10.${randomInt(130, 250)}.${randomInt(256)}`;
    try {
      await docker(['network', 'create', '--subnet', `${subnet}.0/24`, '--gateway', `${subnet}.1`, project]);
      return subnet;
    } catch (error) {
      if (attempt === 5 || !/overlap/.test(String(error))) throw error;
    }
  }
}

async function createKey(path: string): Promise<void> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'onward-test', '-f', path]);
}

interface HostSpec {
  readonly number: number;
  readonly image: string;
  readonly rights: readonly string[];
  readonly project: string;
  readonly folder: string;
  readonly address: string;
}

async function startHost(spec: HostSpec): Promise<Host> {
  const name = `host${spec.number}`;
  const container = `${spec.project}-${spec.number}`;
  const keys = join(spec.folder, name);
  await mkdir(keys);
  await createKey(join(keys, 'host_key'));
  await copyFile(join(spec.folder, 'login_key.pub'), join(keys, 'login_key.pub'));
  const network = ['--network', spec.project, '--ip', spec.address];
  const naming = ['--name', container, '--hostname', name];
  await docker([
    'run',
    '--detach',
    ...naming,
    ...network,
    ...spec.rights,
    '--volume',
    `${keys}:/onward-host:ro`,
    spec.image,
  ]);
  const host = hostOf(name, container, spec);
  await waitForBoot(host);
  return host;
}

/** The listener and every connection: they are of one unit, whose stop alone would leave the connections. */
const KILL_SSHD = 'systemctl kill --kill-who=all --signal=KILL ssh; systemctl stop ssh';

function hostOf(name: string, container: string, spec: HostSpec): Host {
  const exec = (argv: readonly string[]) => docker(['exec', container, ...argv]);
  const act = (...argv: readonly string[]) => docker(argv).then(() => {});
  const host: Host = {
    name,
    address: spec.address,
    port: 22,
    container,
    exec,
    pause: () => act('pause', container),
    unpause: () => act('unpause', container),
    killSshd: () => act('exec', container, 'sh', '-c', KILL_SSHD),
    startSshd: () => act('exec', container, 'systemctl', 'start', 'ssh'),
    async allowSudo(how) {
      const rule = `deploy ALL=(ALL) ${how === 'freely' ? 'NOPASSWD: ' : ''}ALL`;
      await exec(['sh', '-c', 'echo "$0" >/etc/sudoers.d/deploy; chmod 0440 /etc/sudoers.d/deploy', rule]);
    },
    disconnect: () => act('network', 'disconnect', spec.project, container),
    reconnect: () => act('network', 'connect', '--ip', spec.address, spec.project, container),
    kill: () => act('kill', container),
    async start() {
      await act('start', container);
      await waitForBoot(host);
    },
  };
  return host;
}

async function waitForBoot(host: Host): Promise<void> {
  const ask = ['sh', '-c', 'systemctl is-system-running; systemctl is-active ssh; true'];
  await eventually(
    () => host.exec(ask).catch((error: Error) => error.message),
    (state) => /^(running|degraded)\nactive$/.test(state),
    60_000,
  );
  await docker(['exec', '--detach', host.container, ...STAYING]);
}

async function writeClientFiles(
  folder: string,
  list: readonly Host[],
  asUser: readonly string[],
): Promise<{ readonly sshConfig: string; readonly knownHosts: string }> {
  const sshConfig = join(folder, 'ssh_config');
  const knownHosts = join(folder, 'known_hosts');
  const keys = await Promise.all(
    list.map(async (host) => {
      const [kind, key] = (await readFile(join(folder, host.name, 'host_key.pub'), 'utf8')).split(' ');
      return `${host.address} ${kind} ${key}\n`;
    }),
  );
  await writeFile(knownHosts, keys.join(''));
  const entries = list.map(({ name, address }) => {
    const user = asUser.includes(name) ? '  User deploy\n' : '';
    return `Host ${name}\n  HostName ${address}\n${user}`;
  });
  const all = [
    'User root',
    `IdentityFile ${join(folder, 'login_key')}`,
    'IdentitiesOnly yes',
    'StrictHostKeyChecking yes',
  ];
  const known = [`UserKnownHostsFile ${knownHosts}`, 'GlobalKnownHostsFile /dev/null'];
  await writeFile(sshConfig, `${entries.join('')}Host *\n${[...all, ...known].map((line) => `  ${line}\n`).join('')}`);
  return { sshConfig, knownHosts };
}
