import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import { createSystem } from '../../system/index.ts';
import { readLintFiles } from './read-lint-files.ts';

/** For the tests of this folder only. */
export const system = createSystem({ environment: {}, onEvent: () => {} });

export const FIRST = 'create table orders (id bigint primary key, note text);';
export const SECOND = 'create index concurrently orders_note on orders (note);';
export const THIRD = "alter table orders add column total numeric;\ncomment on column orders.total is 'a; -- b';";
export const DOWN = 'drop table orders; this is no SQL';

export interface FilesToWrite {
  readonly [path: string]: string;
}

const made: string[] = [];
afterAll(async () => {
  for (const folder of made) await rm(folder, { recursive: true, force: true });
});

/** Writes files into a new folder. */
export async function write(files: FilesToWrite): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'onward-layouts-'));
  made.push(root);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

/** What is read from these files, with paths relative to their folder. */
export async function readSample(files: FilesToWrite) {
  const root = await write(files);
  const { files: read, findings } = await readLintFiles(system, { paths: [root] });
  return {
    files: read.map(({ path, layout, database, isTransactional }) => ({
      path: path.slice(root.length + 1),
      layout,
      database,
      isTransactional,
    })),
    findings: findings.map(({ file, line, column, rule, severity }) => ({
      at: `${file.slice(root.length + 1)}:${line}:${column}`,
      rule,
      severity,
    })),
  };
}
