import { chmod, cp, mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashArtifact } from './artifact.ts';
import { createFiles } from './files.ts';

const files = createFiles();
let folder: string;
let artifact: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-artifact-'));
  artifact = join(folder, 'artifact');
  await mkdir(join(artifact, 'bin'), { recursive: true });
  await writeFile(join(artifact, 'bin', 'server'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(artifact, 'main.js'), 'ok();\n', { mode: 0o644 });
  await symlink('../main.js', join(artifact, 'bin', 'main'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const identityOf = async (path: string) => (await hashArtifact(files, path)).identity;

describe('hashArtifact()', () => {
  it('is the same wherever the folder stands, whoever may read it, and whenever it was written', async () => {
    const copy = join(folder, 'elsewhere');
    await cp(artifact, copy, { recursive: true, verbatimSymlinks: true });
    await utimes(join(copy, 'main.js'), 1, 1);
    await chmod(join(copy, 'main.js'), 0o600);
    await mkdir(join(copy, 'empty'));
    expect(await hashArtifact(files, copy)).toEqual(await hashArtifact(files, artifact));
  });

  it('does not change from one version of Onward to the next', async () => {
    expect(await hashArtifact(files, artifact)).toEqual({
      identity: 'sha256:74458106b5502e789042c44056c4a8ed2100db38acd3b6f61b6d17450d6e21c5',
      bytes: 16,
    });
  });

  it.each<[string, () => Promise<void>]>([
    ['a byte', () => writeFile(join(artifact, 'main.js'), 'no();\n')],
    ['a name', () => rename(join(artifact, 'main.js'), join(artifact, 'Main.js'))],
    ['a file more', () => writeFile(join(artifact, 'more.js'), '')],
    ['an executable bit', () => chmod(join(artifact, 'main.js'), 0o755)],
    [
      'the target of a link',
      async () => {
        await rm(join(artifact, 'bin', 'main'));
        await symlink('server', join(artifact, 'bin', 'main'));
      },
    ],
    [
      'a file in place of a link to it',
      async () => {
        await rm(join(artifact, 'bin', 'main'));
        await cp(join(artifact, 'main.js'), join(artifact, 'bin', 'main'));
      },
    ],
  ])('is another one after a change of %s', async (_title, change) => {
    const before = await identityOf(artifact);
    await change();
    expect(await identityOf(artifact)).not.toBe(before);
  });

  it.each([
    ['an absolute path', '/etc/passwd', 'link'],
    ['a parent of the artifact', '../../elsewhere', 'bin/link'],
    ['the folder of the artifact', '../..', 'bin/link'],
    ['a place outside through another link', 'up/../elsewhere', 'bin/link'],
  ])('refuses a link to %s', async (_title, target, path) => {
    await mkdir(join(folder, 'elsewhere'));
    await symlink('..', join(artifact, 'bin', 'up'));
    await symlink(target, join(artifact, path));
    await expect(hashArtifact(files, artifact)).rejects.toMatchObject({ code: 'artifact.unsupported' });
  });

  it('accepts links inside of the artifact, also one that leads nowhere', async () => {
    await symlink('./bin/not-yet', join(artifact, 'link'));
    await symlink('.././main.js', join(artifact, 'bin', 'again'));
    await symlink('.', join(artifact, 'self'));
    expect(await identityOf(artifact)).toMatch(/^sha256:/);
  });

  it('refuses a socket, and a folder that is not there', async () => {
    await expect(hashArtifact(files, join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'artifact.missing' });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(artifact, 'socket'), resolve));
    await expect(hashArtifact(files, artifact)).rejects.toMatchObject({ code: 'artifact.unsupported' });
    server.close();
  });
});
