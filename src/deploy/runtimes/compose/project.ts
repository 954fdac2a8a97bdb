import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import type { Json } from '../../../model/index.ts';
import type { System } from '../../../system/index.ts';
import { composeArgv, tryCompose } from './compose-cli.ts';
import type { ComposeContext } from './compose-context.ts';
import { composeFailed, filesElsewhere, noComposeService } from './errors.ts';
import type { Project, ProjectService } from './project-model.ts';

const DEFAULT_FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
/** In the order in which Compose looks for them; it takes the first that is there, beside a default file. */
const DEFAULT_OVERRIDES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

/** Asks Compose what the operator's files say. Throws `compose.failed` and `compose.files-elsewhere` when they cannot be used. */
export async function loadProject(context: ComposeContext): Promise<Project> {
  await assertBeside(context);
  const files = (await findFiles(context)).filter((file) => file !== context.compose.override);
  const argv = composeArgv(context, { files, args: ['config', '--format', 'json'] });
  const { exitCode, stdout, stderr } = await tryCompose(context, argv);
  if (exitCode !== 0) throw composeFailed('config', stderr);
  const config = JSON.parse(stdout) as {
    readonly name: string;
    readonly services?: Project['services'];
    readonly networks?: { readonly [name: string]: { readonly name?: string } | null };
    readonly volumes?: { readonly [name: string]: Json };
  };
  const networks = Object.entries(config.networks ?? {}).map(([name, found]) => [name, found?.name ?? name] as const);
  return {
    name: config.name,
    files,
    services: config.services ?? {},
    networks: Object.fromEntries(networks),
    volumes: Object.keys(config.volumes ?? {}),
  };
}

/**
 * Where .env names files of another folder, plain Compose reads .env of both folders, and one that is called with these files that of theirs
 * alone.
 */
async function assertBeside({ system, compose }: ComposeContext): Promise<void> {
  if (compose.files.length > 0 || compose.envFiles.length > 0 || system.environment.COMPOSE_FILE) return;
  const [first] = (await findListed(system, compose)) ?? [];
  if (first !== undefined && dirname(first) !== compose.folder) throw filesElsewhere(first, compose.folder);
}

/** Throws `compose.no-service` when compose.yaml has no such service. */
export function requireProjectService({ services }: Project, own: string): ProjectService {
  const found = services[own];
  if (!found) throw noComposeService(own, Object.keys(services));
  return found;
}

/** The files that plain `docker compose` reads in the operator's folder, or those that onward.yaml names. */
export async function findFiles({
  system,
  compose,
}: Pick<ComposeContext, 'system' | 'compose'>): Promise<readonly string[]> {
  if (compose.files.length > 0) return compose.files;
  const listed = await findListed(system, compose);
  if (listed) return listed;
  const first = await firstOf(system, compose.folder, DEFAULT_FILES);
  const override = await firstOf(system, compose.folder, DEFAULT_OVERRIDES);
  return [first ?? join(compose.folder, 'compose.yaml'), ...(override === undefined ? [] : [override])];
}

/** Another override than ours that Compose finds by itself, and would read in place of ours. */
export async function findRivalOverride({
  system,
  compose,
}: Pick<ComposeContext, 'system' | 'compose'>): Promise<string | undefined> {
  const isDefault =
    dirname(compose.override) === compose.folder && DEFAULT_OVERRIDES.includes(basename(compose.override));
  if (compose.files.length > 0 || (await findListed(system, compose)) || !isDefault) return undefined;
  const others = DEFAULT_OVERRIDES.filter((name) => name !== basename(compose.override));
  return firstOf(system, compose.folder, others);
}

/** Whether plain `docker compose` in that folder reads the override once it is there. */
export async function isPickedUp({ system, compose }: Pick<ComposeContext, 'system' | 'compose'>): Promise<boolean> {
  if (compose.files.length > 0) return compose.files.includes(compose.override);
  const listed = await findListed(system, compose);
  if (listed) return listed.includes(compose.override);
  return dirname(compose.override) === compose.folder && DEFAULT_OVERRIDES.includes(basename(compose.override));
}

/** COMPOSE_FILE of the environment, or of the env files. */
async function findListed(system: System, compose: ComposeContext['compose']): Promise<readonly string[] | undefined> {
  const envFiles = compose.envFiles.length > 0 ? compose.envFiles : [join(compose.folder, '.env')];
  let { COMPOSE_FILE: list, COMPOSE_PATH_SEPARATOR: separator = ':' } = system.environment;
  for (const file of envFiles) {
    if (list !== undefined) break;
    const text = (await system.files.readTextIfPresent(file)) ?? '';
    list = readVariable(text, 'COMPOSE_FILE');
    separator = readVariable(text, 'COMPOSE_PATH_SEPARATOR') ?? separator;
  }
  if (list === undefined || list === '') return undefined;
  return list.split(separator).map((path) => (isAbsolute(path) ? path : resolve(compose.folder, path)));
}

function readVariable(text: string, name: string): string | undefined {
  const found = new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=\\s*(.*)$`, 'm').exec(text)?.[1]?.trim();
  if (found === undefined) return undefined;
  const quoted = /^(["'])(.*?)\1/.exec(found);
  return quoted ? quoted[2] : found.replace(/\s+#.*$/, '');
}

async function firstOf(system: System, folder: string, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) if (await system.files.exists(join(folder, name))) return join(folder, name);
  return undefined;
}
