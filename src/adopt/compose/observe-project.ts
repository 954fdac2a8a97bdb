import { basename, dirname, resolve } from 'node:path';
import { describeUser, type System } from '../../system/index.ts';
import { findKnownSoftware } from '../decide/known-software.ts';
import { observeHaproxies } from '../haproxy/observe-haproxies.ts';
import { composeUnreadable, nothingRuns } from './errors.ts';
import { type ParsedConfig, parseConfig } from './parse-config.ts';
import { parseContainers, parseOrigin, parseRepoDigests } from './parse-containers.ts';
import type { ComposeService, MountedFile, ObservedProject } from './project.ts';

export interface ProjectRequest {
  /** Where its operator runs `docker compose`. */
  readonly folder: string;
  /** As `-f` names them; empty: those that its containers were made from, else those that Compose finds. */
  readonly files: readonly string[];
  readonly project?: string;
  readonly envFiles: readonly string[];
}

const LIMIT_MS = 60_000;
const KEEP_BYTES = 64 * 1024 * 1024;
/** Larger ones are data, not configuration. */
const LARGEST_CONFIGURATION = 65_536;
const CONFIGURATION = /\.(cfg|conf|ya?ml|toml|template)$|(^|\/)Caddyfile$/;
const SECRET_NAME = /PASS|SECRET|TOKEN|KEY|CREDENTIAL|AUTH|DSN|SALT/i;

/**
 * Looks at a Compose project: its files as Compose reads them, with all profiles, and its containers. Changes nothing. Values that may be
 * secret are told to the redaction, so that nothing prints them. Throws `adopt.compose-unreadable` and `adopt.nothing-runs`.
 */
export async function observeProject(system: System, request: ProjectRequest): Promise<ObservedProject> {
  const folder = resolve(request.folder);
  if (!(await system.files.isFolder(folder))) throw composeUnreadable(folder, 'there is no such folder');
  const look = createLook(system, { ...request, folder });
  const named = request.project ?? (await look.readName());
  const ids = await look.listContainers(named);
  if (ids.length === 0) throw nothingRuns(named, folder);
  const inspected = await look.run(['container', 'inspect', ...ids]);
  const files = request.files.length > 0 ? request.files : await chooseFiles(system, folder, inspected);
  const config = await look.readConfig(files);
  for (const service of config.services) hideSecrets(system, service);
  const images = [...new Set(parseContainers(inspected, {}).map(({ imageId }) => imageId))];
  const digests = parseRepoDigests(await look.run(['image', 'inspect', ...images]));
  return {
    name: named,
    folder,
    files: files.map((file) => resolve(folder, file)),
    envFiles: request.envFiles.map((file) => resolve(folder, file)),
    isNameTold: request.project !== undefined && request.project !== (await look.readName()),
    services: config.services,
    containers: parseContainers(inspected, digests),
    configurations: await readConfigurations(system, config.services),
    user: describeUser(),
    haproxies: await observeHaproxies(system),
  };
}

interface Look {
  run(argv: readonly string[]): Promise<string>;
  readName(): Promise<string>;
  listContainers(project: string): Promise<readonly string[]>;
  readConfig(files: readonly string[]): Promise<ParsedConfig>;
}

function createLook(system: System, request: ProjectRequest): Look {
  const { folder } = request;
  const run = async (argv: readonly string[]) => {
    const options = { cwd: folder, timeoutMs: LIMIT_MS, keepBytes: KEEP_BYTES };
    const result = await system.exec.run(['docker', ...argv], options).catch((error: Error) => error);
    if (result instanceof Error) throw composeUnreadable(folder, `docker cannot be started (${result.message})`);
    if (result.timedOut) throw composeUnreadable(folder, `docker ${argv[0]} has not answered within 60 s`);
    if (result.exitCode === 0) return result.stdout;
    throw composeUnreadable(folder, lastLine(result.stderr) || `docker ${argv[0]} ended with ${result.exitCode}`);
  };
  const compose = (files: readonly string[], ...argv: readonly string[]) =>
    run([
      'compose',
      ...files.flatMap((file) => ['--file', file]),
      ...(request.project === undefined ? [] : ['--project-name', request.project]),
      ...request.envFiles.flatMap((file) => ['--env-file', file]),
      ...['--profile', '*'],
      ...argv,
    ]);
  const config = (files: readonly string[], ...more: readonly string[]) =>
    compose(files, 'config', '--format', 'json', ...more);
  return {
    run,
    readName: async () => (JSON.parse(await config(request.files, '--no-interpolate')) as { name: string }).name,
    async listContainers(project) {
      const listed = await run([
        ...['ps', '--all', '--quiet', '--no-trunc'],
        ...['--filter', `label=com.docker.compose.project=${project}`],
      ]);
      return listed.split('\n').filter((line) => line !== '');
    },
    readConfig: async (files) => parseConfig(await config(files), await config(files, '--no-interpolate')),
  };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.replace(/\.$/, '') ?? '';
}

/** What Compose finds by itself, in its order; the second of a pair overrides the first. */
const FOUND = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const FOUND_OVERRIDE = /^(docker-)?compose\.override\.ya?ml$/;

/** The files that the containers were made from, where Compose would not find the same ones by itself. */
async function chooseFiles(system: System, folder: string, inspected: string): Promise<readonly string[]> {
  const origin = parseOrigin(inspected);
  const areFound = origin.files.every(
    (file) => dirname(file) === folder && (FOUND.includes(basename(file)) || FOUND_OVERRIDE.test(basename(file))),
  );
  if (areFound) return [];
  const there = await Promise.all(origin.files.map((file) => system.files.exists(file)));
  return there.every(Boolean) ? origin.files : [];
}

function hideSecrets(system: System, { environment }: ComposeService): void {
  for (const [name, value] of Object.entries(environment)) {
    if (SECRET_NAME.test(name) && !/_FILE$/.test(name)) system.redaction.add(value);
    else if (/^[a-z][a-z0-9+.-]*:\/\/[^/]*:[^/]*@/i.test(value)) system.redaction.add(value);
  }
}

async function readConfigurations(
  system: System,
  services: readonly ComposeService[],
): Promise<ObservedProject['configurations']> {
  const entries = await Promise.all(
    services.map(async ({ name, image = '', mounts }) => {
      // Many mount a proxy's configuration without saying that it is read only.
      const isProxy = findKnownSoftware(image) === 'proxy';
      const sources = mounts
        .filter(({ kind, isReadOnly }) => kind === 'bind' && (isReadOnly || isProxy))
        .map(({ source }) => source);
      const texts = await Promise.all(sources.map((source) => readConfiguration(system, source ?? '')));
      return [name, texts.flat()] as const;
    }),
  );
  return Object.fromEntries(entries.filter(([, texts]) => texts.length > 0));
}

/** One file, or the files of a folder; what cannot be read tells nothing. */
async function readConfiguration(system: System, path: string): Promise<readonly MountedFile[]> {
  const { files } = system;
  try {
    const entry = await files.entry(path);
    const paths =
      entry?.kind === 'folder' ? (await files.names(path)).map((name) => `${path}/${name}`) : entry ? [path] : [];
    const found = await Promise.all(
      paths.filter((one) => CONFIGURATION.test(one)).map(async (one) => ({ one, is: await files.entry(one) })),
    );
    const small = found.filter(({ is }) => is?.kind === 'file' && is.bytes <= LARGEST_CONFIGURATION);
    return await Promise.all(small.map(async ({ one }) => ({ path: one, text: await files.readText(one) })));
  } catch {
    return [];
  }
}
