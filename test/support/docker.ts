/**
 * What tests with a real Docker share.
 *
 * - `isDockerAvailable()`, `describeMissingDocker()`: whether they can run here, and why not.
 * - `docker(argv, options?)`: the command line, output back, a limit on every call.
 * - `createProject('rolls')`: a name of its own for everything that a test makes, and `removeProject` for all of it.
 *
 * Images are made by images.ts and service-image.ts, a registry by registry.ts, an engine of one's own by private-dockerd.ts.
 */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { eventually } from './eventually.ts';

export interface DockerOptions {
  /** The engine; the machine's unless told. */
  readonly host?: string;
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Written to its standard input. */
  readonly input?: string | Buffer;
  /** 60 s unless told. */
  readonly limitMs?: number;
}

/** On images that belong to a project; containers, networks and volumes may carry it as well. */
export const PROJECT_LABEL = 'onward.test.project';
const COMPOSE_LABEL = 'com.docker.compose.project';
const MAX_OUTPUT = 64 * 1024 * 1024;

/** Runs `docker` with these arguments and returns what it printed, without the last newline; throws with its standard error. */
export function docker(argv: readonly string[], options: DockerOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      'docker',
      argv,
      {
        timeout: options.limitMs ?? 60_000,
        killSignal: 'SIGKILL',
        maxBuffer: MAX_OUTPUT,
        cwd: options.cwd,
        env: {
          ...process.env,
          DOCKER_BUILDKIT: '0',
          ...(options.host ? { DOCKER_HOST: options.host } : {}),
          ...options.environment,
        },
      },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`docker ${argv.join(' ')}: ${stderr.trim() || error.message}`));
        else resolve(stdout.replace(/\n$/, ''));
      },
    );
    // A command that ends before it has read everything says why by itself.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input);
  });
}

/** What tests with Docker lack here, in one line; nothing when they can run. */
export async function describeMissingDocker(): Promise<string | undefined> {
  const engine = await tryDocker(['version', '--format', '{{.Server.Version}}']);
  if (engine !== undefined) return `no Docker engine can be reached (${engine})`;
  const compose = await tryDocker(['compose', 'version', '--short']);
  if (compose !== undefined) return `the compose plugin of Docker is not there (${compose})`;
  if (process.getuid?.() !== 0) return 'they need root';
  const missing = PROGRAMS.filter((program) => !isInstalled(program));
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined;
}

export async function isDockerAvailable(): Promise<boolean> {
  return (await describeMissingDocker()) === undefined;
}

/** What `.ci/install` installs beside the engine, and Debian's own. */
const PROGRAMS = ['docker-registry', 'haproxy', 'busybox', 'ssh', 'sshd', 'iptables', 'ip', 'apt-get'];

function isInstalled(program: string): boolean {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return folders.some((folder) => existsSync(join(folder, program)));
}

/** The first line of what went wrong. */
async function tryDocker(argv: readonly string[]): Promise<string | undefined> {
  return docker(argv, { limitMs: 10_000 }).then(
    () => undefined,
    (error: Error) => error.message.replace(`docker ${argv.join(' ')}: `, '').split('\n')[0],
  );
}

/** A name that nobody else has: `onward-<purpose>-<random>`, fit for a compose project, a container and an image. */
export function createProject(purpose: string): string {
  return `onward-${purpose}-${randomBytes(4).toString('hex')}`;
}

/**
 * Removes the containers, networks, volumes and images of a project: those of compose, those that carry the label, and containers,
 * networks and volumes whose name begins with it. What somebody else removes at the same time is no failure.
 */
export async function removeProject(project: string, options: DockerOptions = {}): Promise<void> {
  await eventually(
    () => removeOnce(project, options).then(() => '', String),
    (failure) => failure === '',
    30_000,
  );
}

async function removeOnce(project: string, options: DockerOptions): Promise<void> {
  const containers = await findOurs(['ps', '--all', '--quiet'], project, options);
  if (containers.length > 0) await docker(['rm', '--force', '--volumes', ...containers], options);
  const networks = await findOurs(['network', 'ls', '--quiet'], project, options);
  if (networks.length > 0) await docker(['network', 'rm', ...networks], options);
  const volumes = await findOurs(['volume', 'ls', '--quiet'], project, options);
  if (volumes.length > 0) await docker(['volume', 'rm', '--force', ...volumes], options);
  const images = await list(['image', 'ls', '--quiet', '--filter', `label=${PROJECT_LABEL}=${project}`], options);
  if (images.length > 0) await docker(['image', 'rm', '--force', ...images], options);
}

async function findOurs(
  command: readonly string[],
  project: string,
  options: DockerOptions,
): Promise<readonly string[]> {
  const filters = [`label=${COMPOSE_LABEL}=${project}`, `label=${PROJECT_LABEL}=${project}`, `name=^/?${project}`];
  const found = await Promise.all(filters.map((filter) => list([...command, '--filter', filter], options)));
  return [...new Set(found.flat())];
}

async function list(argv: readonly string[], options: DockerOptions): Promise<readonly string[]> {
  return [...new Set((await docker(argv, options)).split('\n').filter(Boolean))];
}
