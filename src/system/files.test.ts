import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../test/support/bundle-program.ts';
import { eventually } from '../../test/support/eventually.ts';
import { createFiles } from './files.ts';

const files = createFiles();
let folder: string;
const children: ChildProcess[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-files-'));
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

/** A process that is stopped in the middle of writing this path. */
async function stopInTheMiddle(path: string) {
  const entry = join(folder, 'writer.ts');
  const door = JSON.stringify(join(import.meta.dirname, 'files.ts'));
  await writeFile(
    entry,
    `import { createFiles } from ${door};
     for (;;) await createFiles().writeAtomic(process.argv[2], 'PASSWORD='.repeat(1_000_000));`,
  );
  const child = spawn(process.execPath, [await bundleProgram(entry, folder), path], { stdio: 'inherit' });
  children.push(child);
  const half = await eventually(
    async () => {
      child.kill('SIGSTOP');
      await eventually(
        () => readFile(`/proc/${child.pid}/stat`, 'utf8'),
        (stat) => stat.includes(') T '),
      );
      const found = await findHalf(path);
      if (found === undefined) child.kill('SIGCONT');
      return found;
    },
    (found) => found !== undefined,
  );
  return { child, half: half ?? '' };
}

async function findHalf(path: string): Promise<string | undefined> {
  const name = (await readdir(dirname(path))).find((each) => each.endsWith('.tmp'));
  return name === undefined ? undefined : join(dirname(path), name);
}

describe('removeAbandoned()', () => {
  it('removes what a writer has left half written that was killed, and nothing of one that is at it', async () => {
    const path = join(folder, 'instances', 'api', 'environment');
    await mkdir(dirname(path), { recursive: true });
    const { child, half } = await stopInTheMiddle(path);
    try {
      await files.removeAbandoned(folder);
      expect(await findHalf(path)).toBe(half);
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    const name = half.slice(dirname(path).length + 1);
    // As a folder that was being made, behind a link, and in another pid namespace, where its number says nothing.
    await mkdir(join(folder, 'state', `.creating-api.${name}`), { recursive: true });
    await writeFile(join(folder, 'state', `.creating-api.${name}`, 'spec.json'), '');
    await symlink(join(folder, 'outside'), join(folder, 'state', 'link'));
    await mkdir(join(folder, 'outside'));
    await writeFile(join(folder, 'outside', name), '');
    const foreign = name.replace(/-\d+(-[0-9a-f]+\.tmp)$/, '-7$1');
    await writeFile(join(folder, 'state', foreign), '');
    await writeFile(join(folder, 'state', 'mine.tmp'), '');
    await rename(dirname(dirname(path)), join(folder, 'state', 'instances'));

    await files.removeAbandoned(join(folder, 'state'));
    expect(await readdir(join(folder, 'state', 'instances', 'api'))).toEqual(
      expect.not.arrayContaining([expect.stringContaining('.tmp')]),
    );
    expect((await readdir(join(folder, 'state'))).sort()).toEqual([foreign, 'instances', 'link', 'mine.tmp'].sort());
    expect(await readdir(join(folder, 'outside'))).toEqual([name]);
    await files.removeAbandoned(join(folder, 'outside', name));
    expect(await readdir(join(folder, 'outside'))).toEqual([]);
    await files.removeAbandoned(join(folder, 'nothing'));
  });
});

describe('removeHalves()', () => {
  it("removes the halves of one path, whoever's they are, and of no other", async () => {
    const [own, other] = [files.temporaryBeside('api.cfg'), files.temporaryBeside('api.cfg.old')];
    for (const name of [own, other, 'api.cfg.tmp']) await writeFile(join(folder, name), '');
    await files.removeHalves(join(folder, 'api.cfg'));
    expect((await readdir(folder)).sort()).toEqual([other, 'api.cfg.tmp'].sort());
  });
});
