import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Deployment } from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import { readComposeFiles } from './compose-file-variable.ts';
import { filesNamed } from './errors.ts';
import { SWITCH_FOLDER } from './switch-files.ts';

/** Where the step writes, and what stands there now. */
export interface Layout {
  /** Folder of the switch. */
  readonly folder: string;
  readonly configuration: string;
  /** Where its operator runs `docker compose`. */
  readonly project: string;
  /** The Compose file with the switch. */
  readonly compose: string;
  /** The file with the release's images, which Onward writes at every upgrade. */
  readonly override: string;
  readonly hasOverride: boolean;
  readonly envFile: string;
  /** Its text; `undefined`: there is none. */
  readonly envText: string | undefined;
  /** The project's files from now on, as COMPOSE_FILE names them. */
  readonly files: readonly string[];
  /** What the step remembers of before. */
  readonly record: string;
}

const SWITCH_COMPOSE = 'compose.onward.yaml';
const FIRST = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const SECOND = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

/** Looks at what is there; changes nothing. Throws `adopt.files-named` where onward.yaml names the Compose files. */
export async function observeLayout(system: System, deployment: Deployment): Promise<Layout> {
  const { compose, file, stateDirectory } = deployment;
  const own = dirname(file);
  const project = compose?.folder ?? own;
  if (compose && compose.files.length > 0) throw filesNamed();
  const envFile = compose?.envFiles[0] ?? join(project, '.env');
  const envText = await system.files.readTextIfPresent(envFile);
  const override = compose?.override ?? join(project, SECOND[1] ?? '');
  const added = [join(project, SWITCH_COMPOSE), override];
  const listed = readComposeFiles(envText ?? '') ?? (await findFiles(system, project));
  const kept = listed.filter((one) => !added.includes(isAbsolute(one) ? one : resolve(project, one)));
  const folder = join(own, SWITCH_FOLDER);
  return {
    folder,
    configuration: join(folder, 'haproxy.cfg'),
    project,
    compose: join(project, SWITCH_COMPOSE),
    override,
    hasOverride: await system.files.exists(override),
    envFile,
    envText,
    files: [...kept, ...added.map((path) => shorten(project, path))],
    record: join(stateDirectory, 'adopt', 'traffic.json'),
  };
}

/** What Compose takes when nobody names files. */
async function findFiles(system: System, folder: string): Promise<readonly string[]> {
  const first = async (names: readonly string[]) => {
    for (const name of names) if (await system.files.exists(join(folder, name))) return [name];
    return [];
  };
  return [...(await first(FIRST)), ...(await first(SECOND))];
}

function shorten(folder: string, path: string): string {
  const short = relative(folder, path);
  return short.startsWith('..') ? path : short;
}
