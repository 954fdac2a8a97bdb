import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packFolder } from '../../test/support/tar.ts';
import type { Digest, FolderComponent, TarballComponent } from '../model/index.ts';
import { createSystem, hashArtifact, type System } from '../system/index.ts';
import { stageArtifact } from './stage-artifact.ts';

const system = createSystem({ environment: process.env, onEvent: () => {} });
let root: string;
let from: string;
let stateDirectory: string;
let identity: Digest;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'onward-stage-'));
  from = join(root, 'release', 'api');
  stateDirectory = join(root, 'state');
  await mkdir(join(from, 'bin'), { recursive: true });
  await writeFile(join(from, 'bin', 'server'), '#!/bin/sh\n', { mode: 0o755 });
  await symlink('server', join(from, 'bin', 'api'));
  identity = (await hashArtifact(system.files, from)).identity;
});

afterEach(() => rm(root, { recursive: true, force: true }));

const stage = (more: { identity?: Digest; from?: string } = {}, using: System = system) => {
  const folder = { kind: 'folder', service: 'api', bytes: 10, producedBy: '1.0.0', command: ['./api'] } as const;
  const component: FolderComponent = { ...folder, identity: more.identity ?? identity };
  return stageArtifact(using, { from: more.from ?? from, component, stateDirectory });
};
const staged = () => readdir(join(stateDirectory, 'artifacts')).catch(() => []);
const hex = () => identity.slice('sha256:'.length);

describe('stageArtifact()', () => {
  it('copies the artifact under its identity, with modes and links', async () => {
    const path = await stage();
    expect(path).toBe(join(stateDirectory, 'artifacts', hex()));
    expect((await hashArtifact(system.files, path)).identity).toBe(identity);
    expect((await stat(join(path, 'bin', 'server'))).mode & 0o111).toBe(0o111);
    expect(await readlink(join(path, 'bin', 'api'))).toBe('server');
    expect((await stat(join(stateDirectory, 'artifacts'))).mode & 0o777).toBe(0o700);
  });

  it('leaves a copy that is there alone, and needs no source then', async () => {
    const path = await stage();
    const before = (await stat(path)).ino;
    expect(await stage({ from: join(root, 'gone') })).toBe(path);
    expect((await stat(path)).ino).toBe(before);
  });

  it('replaces a copy that has changed, without taking it from what still runs in it', async () => {
    const path = await stage();
    await writeFile(join(path, 'bin', 'server'), 'tampered');
    await stage();
    expect(await readFile(join(path, 'bin', 'server'), 'utf8')).toBe('#!/bin/sh\n');
    const aside = (await staged()).filter((name) => name !== hex());
    expect(aside).toEqual([expect.stringMatching(/\.changed-/)]);
    expect(await readFile(join(stateDirectory, 'artifacts', aside[0] ?? '', 'bin', 'server'), 'utf8')).toBe('tampered');
  });

  it('refuses an artifact that is not what the release says, and leaves nothing', async () => {
    const other = `sha256:${'5'.repeat(64)}` as const;
    await expect(stage({ identity: other })).rejects.toMatchObject({ code: 'deploy.wrong-identity' });
    expect(await staged()).toEqual([]);
  });

  it('refuses a copy that is not like its source, and leaves nothing', async () => {
    const files = {
      ...system.files,
      async copy(source: string, target: string) {
        await system.files.copy(source, target);
        await writeFile(join(target, 'bin', 'server'), 'torn');
      },
    };
    await expect(stage({}, { ...system, files })).rejects.toMatchObject({ code: 'deploy.wrong-identity' });
    expect(await staged()).toEqual([]);
  });

  it('says that the source is not there', async () => {
    await expect(stage({ from: join(root, 'gone') })).rejects.toMatchObject({ code: 'deploy.missing-artifact' });
  });

  it('says that there is no space, before it copies and when it runs out while copying, and leaves nothing', async () => {
    const few = { ...system.files, freeBytes: async () => 3 };
    await expect(stage({}, { ...system, files: few })).rejects.toMatchObject({
      code: 'deploy.no-space',
      message: expect.stringContaining('it needs 10 B, and 3 B are free'),
    });
    const full = {
      ...system.files,
      async copy(_source: string, target: string) {
        await mkdir(target);
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      },
    };
    await expect(stage({}, { ...system, files: full })).rejects.toMatchObject({ code: 'deploy.no-space' });
    expect(await staged()).toEqual([]);
  });

  it('stages one copy when it is called several times at once', async () => {
    expect(new Set(await Promise.all([stage(), stage(), stage()])).size).toBe(1);
    expect(await staged()).toEqual([hex()]);
  });

  it('clears what a stage that was killed has left', async () => {
    const dead = join(stateDirectory, 'artifacts', `.staging-${hex()}-999999999-1-ab`);
    await mkdir(dead, { recursive: true });
    await stage();
    expect(await staged()).toEqual([hex()]);
  });
});

describe('stageArtifact() of a tarball', () => {
  let archive: string;
  let component: TarballComponent;

  beforeEach(async () => {
    archive = join(root, 'api-1.0.0.tar.gz');
    await packFolder(from, archive);
    component = {
      ...{ kind: 'tarball', service: 'api', file: 'api-1.0.0.tar.gz', producedBy: '1.0.0', command: ['./bin/api'] },
      ...{ identity: await system.files.sha256(archive), bytes: 200, content: { identity, bytes: 10 } },
    };
  });
  const unpack = (changed: Partial<TarballComponent> = {}) =>
    stageArtifact(system, { from: archive, component: { ...component, ...changed }, stateDirectory });

  it('unpacks it under the hash of its bytes, to what the release says is in it', async () => {
    const path = await unpack();
    expect(path).toBe(join(stateDirectory, 'artifacts', component.identity.slice('sha256:'.length)));
    expect((await hashArtifact(system.files, path)).identity).toBe(identity);
    expect(await staged()).toEqual([component.identity.slice('sha256:'.length)]);
  });

  it('leaves what is there alone, needs no tarball then, and unpacks it again when it has changed', async () => {
    const path = await unpack();
    await rm(archive);
    expect(await unpack()).toBe(path);
    await writeFile(join(path, 'bin', 'server'), 'tampered');
    await expect(unpack()).rejects.toMatchObject({ code: 'deploy.missing-artifact' });
    await packFolder(from, archive);
    await unpack();
    expect(await readFile(join(path, 'bin', 'server'), 'utf8')).toBe('#!/bin/sh\n');
  });

  it('refuses other bytes, and other files in the right bytes, and leaves nothing', async () => {
    const other = `sha256:${'5'.repeat(64)}` as const;
    await expect(unpack({ identity: other })).rejects.toMatchObject({ code: 'deploy.wrong-identity' });
    const content = { identity: other, bytes: 10 };
    await expect(unpack({ content })).rejects.toMatchObject({ code: 'deploy.wrong-identity' });
    expect(await staged()).toEqual([]);
  });

  it('has room for what it unpacks to before it unpacks', async () => {
    const content = { identity, bytes: Number.MAX_SAFE_INTEGER };
    await expect(unpack({ content })).rejects.toMatchObject({ code: 'deploy.no-space' });
    expect(await staged()).toEqual([]);
  });

  it('clears what was being unpacked when it was killed', async () => {
    const dead = join(stateDirectory, 'artifacts', `.staging-${hex()}-999999999-1-ab.whole`);
    await mkdir(dead, { recursive: true });
    await unpack();
    expect(await staged()).toEqual([component.identity.slice('sha256:'.length)]);
  });
});
