import type { System } from '../../system/index.ts';
import { fileFinding } from '../layouts/findings.ts';
import { createGit, type Git, GitProblem } from './git.ts';
import type { LoadedShipped } from './load-released.ts';
import type { ShippedFile } from './shipped.ts';

/** Files up to this size are compared by what they say when their bytes differ. */
const MOST_BYTES = 1024 * 1024;

/**
 * The SQL files below these folders (and these files) as they are in a release: the tag of its name, with or without a `v`, or any commit
 * that git knows by the name. Runs git and reads; changes nothing.
 */
export async function loadGitRelease(
  system: System,
  paths: readonly string[],
  release: string,
): Promise<LoadedShipped> {
  const shipped: ShippedFile[] = [];
  let count = 0;
  for (const [folder, names] of await groupByFolder(system, paths)) {
    const git = createGit(system, folder);
    const found = await readFolder(system, { git, folder, release, names });
    if ('rule' in found) return { shipped, findings: [fileFinding(folder, found)] };
    shipped.push(...found.shipped);
    count += found.count;
  }
  return { shipped, findings: count > 0 ? [] : [fileFinding(paths[0] ?? '.', nothingShipped(release))] };
}

/** The folders to look at, each with the names that are wanted, or with `undefined` for everything below it. */
async function groupByFolder(
  system: System,
  paths: readonly string[],
): Promise<ReadonlyMap<string, ReadonlySet<string> | undefined>> {
  const groups = new Map<string, Set<string> | undefined>();
  for (const path of paths) {
    if (await system.files.isFolder(path)) groups.set(path, undefined);
    else {
      const slash = path.lastIndexOf('/');
      const folder = slash === -1 ? '.' : path.slice(0, slash) || '/';
      if (!groups.has(folder)) groups.set(folder, new Set());
      groups.get(folder)?.add(path.slice(slash + 1));
    }
  }
  return groups;
}

interface FolderInGit {
  readonly git: Git;
  readonly folder: string;
  readonly release: string;
}

async function readFolder(
  system: System,
  at: FolderInGit & { readonly names: ReadonlySet<string> | undefined },
): Promise<{ readonly shipped: readonly ShippedFile[]; readonly count: number } | Refusal> {
  const { git, release, names } = at;
  try {
    const commit = await findCommit(git, release);
    if (typeof commit !== 'string') return commit;
    const listed = await listFiles(git, commit);
    const wanted = names ? listed.filter(({ name }) => names.has(name)) : listed;
    return { shipped: await compare(system, { ...at, listed: wanted }), count: listed.length };
  } catch (error) {
    if (error instanceof GitProblem) return noRepository(release, error.message);
    throw error;
  }
}

type Refusal = Parameters<typeof fileFinding>[1];

async function findCommit(git: Git, release: string): Promise<string | Refusal> {
  if (!/^[\w@][\w@./+~^{}-]*$/.test(release)) return unknownRelease(release, 'it is no name that git could know');
  const inside = await git.run(['rev-parse', '--show-toplevel']);
  if ('problem' in inside) return noRepository(release, inside.problem);
  for (const name of [`refs/tags/${release}`, `refs/tags/v${release}`, release]) {
    const found = await git.run(['rev-parse', '--verify', '--quiet', `${name}^{commit}`]);
    if ('stdout' in found && found.stdout.trim() !== '') return found.stdout.trim();
  }
  return unknownRelease(release, 'git knows no tag, branch or commit of that name');
}

interface Listed {
  /** Relative to the folder. */
  readonly name: string;
  /** git's name for the content. */
  readonly object: string;
}

async function listFiles(git: Git, commit: string): Promise<readonly Listed[]> {
  const { stdout } = await git.demand(['ls-tree', '-r', '-z', commit]);
  return stdout.split('\0').flatMap((row) => {
    const [, object, name] = /^100\d{3} blob ([0-9a-f]+)\t(.+\.sql)$/is.exec(row) ?? [];
    return object === undefined || name === undefined || name.includes('\n') ? [] : [{ name, object }];
  });
}

async function compare(
  system: System,
  at: FolderInGit & { readonly listed: readonly Listed[] },
): Promise<readonly ShippedFile[]> {
  const { git, folder, release, listed } = at;
  const pathOf = ({ name }: Listed) => (folder === '.' ? name : `${folder === '/' ? '' : folder}/${name}`);
  const there: Listed[] = [];
  for (const file of listed) if ((await system.files.entry(pathOf(file)))?.kind === 'file') there.push(file);
  // Versions of git differ in what such paths are relative to, so it is asked at the top. It applies the line-end rules of the
  // repository: a checkout with other line ends is the same.
  const [top = '', prefix = ''] = (await git.demand(['rev-parse', '--show-toplevel', '--show-prefix'])).stdout.split(
    '\n',
  );
  const names = there.map(({ name }) => `${prefix}${name}\n`).join('');
  const { stdout } = await createGit(system, top).demand(['hash-object', '--stdin-paths'], names);
  const now = new Map(stdout.split('\n').map((object, index) => [there[index]?.name, object]));
  const shipped: ShippedFile[] = [];
  for (const file of listed) {
    const object = now.get(file.name);
    const base = { path: pathOf(file), shippedIn: release } as const;
    if (object === undefined) shipped.push({ ...base, state: 'removed' });
    else if (object === file.object) shipped.push({ ...base, state: 'same' });
    else shipped.push({ ...base, state: 'edited', ...(await loadBefore(git, file)) });
  }
  return shipped;
}

async function loadBefore(git: Git, { object }: Listed): Promise<{ readonly before?: Buffer }> {
  const size = Number((await git.demand(['cat-file', '-s', object])).stdout);
  if (!(size <= MOST_BYTES)) return {};
  return { before: Buffer.from((await git.demand(['cat-file', 'blob', object])).stdout) };
}

function noRepository(release: string, problem: string): Refusal {
  return {
    rule: 'unknown-release',
    class: 'unanalysed',
    message: `what ${release} shipped is not known: ${problem}`,
    help: 'Run it inside of a git repository that has the release, or leave --since out.',
  };
}

function unknownRelease(release: string, why: string): Refusal {
  return {
    rule: 'unknown-release',
    class: 'unanalysed',
    message: `what ${release} shipped is not known: ${why}`,
    help: 'Fetch the tags with `git fetch --tags`, or name the tag of a release that is here.',
  };
}

function nothingShipped(release: string): Refusal {
  return {
    rule: 'nothing-shipped',
    class: 'unanalysed',
    severity: 'warning',
    message: `${release} has no SQL file in this place, so every file counts as new`,
    help: 'Name an earlier folder, or leave --since out if this is the first release with migrations.',
  };
}
