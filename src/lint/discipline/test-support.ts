import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { createSystem } from '../../system/index.ts';
import { readLintFiles } from '../layouts/read-lint-files.ts';
import { checkDiscipline } from './check-discipline.ts';

/** For the tests of this folder only. */
export const system = createSystem({ environment: {}, onEvent: () => {} });

export const A = 'create table a (id bigint primary key);\n';
export const B = 'create table b (id bigint primary key);\n';
export const C = 'create table c (id bigint primary key);\n';

export interface FilesToWrite {
  readonly [path: string]: string | undefined;
}

const made: string[] = [];
afterAll(async () => {
  for (const folder of made) await rm(folder, { recursive: true, force: true });
});

async function createFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'onward-discipline-'));
  made.push(folder);
  return folder;
}

/** Writes files into a new folder, or over those of one; `undefined` removes. */
export async function write(files: FilesToWrite, into?: string): Promise<string> {
  const root = into ?? (await createFolder());
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    if (text === undefined) await rm(join(root, path));
    else await writeFile(join(root, path), text);
  }
  return root;
}

async function git(root: string, ...args: readonly string[]): Promise<void> {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
  const ran = await system.exec.run(['git', '-C', root, ...identity, ...args], { timeoutMs: 20_000 });
  if (ran.exitCode !== 0) throw new Error(ran.stderr);
}

/** A repository whose files are in the release `v1.0.0`; gives the folder of the files in it. */
export async function createRepository(files: FilesToWrite, below = ''): Promise<string> {
  const root = await createFolder();
  await write(files, join(root, below));
  await git(root, 'init', '-q');
  await git(root, 'add', '-A');
  await git(root, 'commit', '-q', '--no-verify', '-m', 'first');
  await git(root, 'tag', 'v1.0.0');
  return join(root, below);
}

/** What is shipped and found in a folder, with paths relative to it. */
export async function check(root: string, since?: string, paths: readonly string[] = [root]) {
  const read = await readLintFiles(system, { paths });
  expect(read.findings).toEqual([]);
  const { files, findings } = await checkDiscipline(system, read.files, {
    paths,
    ...(since === undefined ? {} : { since }),
  });
  return {
    shipped: files.filter(({ isShipped }) => isShipped).map(({ path }) => path.slice(root.length + 1)),
    findings: findings.map(({ file, rule, severity }) => `${file.slice(root.length + 1)} ${rule} ${severity}`),
    messages: findings.map(({ message }) => message),
  };
}

export function sum(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
