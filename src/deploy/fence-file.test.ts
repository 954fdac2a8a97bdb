import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFiles } from '../system/index.ts';
import { createFenceFile } from './fence-file.ts';

const files = createFiles();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-fence-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

describe('createFenceFile()', () => {
  it('remembers the highest epoch for every holder, and refuses lower ones', async () => {
    const fence = createFenceFile(files, join(folder, 'state'));
    expect(await fence.read()).toBe(0);
    await fence.assertCurrent(0);
    await fence.raise(9);
    await fence.raise(10);
    await fence.raise(3);
    const other = createFenceFile(files, join(folder, 'state'));
    expect(await other.read()).toBe(10);
    await other.assertCurrent(10);
    await other.assertCurrent(11);
    await expect(other.assertCurrent(9)).rejects.toMatchObject({ code: 'deploy.fenced' });
    expect(await readdir(join(folder, 'state', 'epochs'))).toEqual(['10']);
  });

  it('does not go back when a raise is suspended while another holder raises further', async () => {
    const current = createFenceFile(files, folder);
    const suspended = createFenceFile(
      {
        ...files,
        async createOnce(path, text) {
          await current.raise(6);
          return files.createOnce(path, text);
        },
      },
      folder,
    );
    await suspended.raise(5);
    expect(await current.read()).toBe(6);
    await expect(suspended.assertCurrent(5)).rejects.toMatchObject({ code: 'deploy.fenced' });
  });

  it('raises once when it is called several times at once', async () => {
    const fence = createFenceFile(files, folder);
    await Promise.all([fence.raise(2), fence.raise(2), fence.raise(1)]);
    expect(await fence.read()).toBe(2);
  });
});
