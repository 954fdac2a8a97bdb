import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packFolder, packRaw } from '../../test/support/tar.ts';
import { createVendor, type Vendor } from '../../test/support/vendor.ts';
import { OnwardError } from '../model/index.ts';
import { hashArtifact } from '../system/index.ts';
import { openSource } from './index.ts';

const PRODUCT = `product: shop
services:
  search: { tarball: "./dist/search-$\{version}.tar.gz", command: [node, main.mjs] }
  index: { tarball: "./dist/search-$\{version}.tar.gz", command: [node, index.mjs] }
  api: { artifact: ./dist/api, command: [node, main.mjs] }
`;

let vendor: Vendor;
beforeEach(async () => {
  vendor = await createVendor(PRODUCT);
});
afterEach(() => vendor.remove());

/** A tarball whose bytes are decided by what its file says. */
async function pack(version: string, text: string): Promise<void> {
  await vendor.write('search/main.mjs', text);
  await packFolder(join(vendor.folder, 'search'), join(vendor.folder, 'dist', `search-${version}.tar.gz`));
}

async function sha256(path: string): Promise<string> {
  return `sha256:${createHash('sha256')
    .update(await readFile(path))
    .digest('hex')}`;
}

async function findingsOf(build: Promise<unknown>): Promise<readonly (readonly unknown[])[]> {
  const error = await build.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OnwardError)) throw new Error('It was built', { cause: error });
  return error.findings.map(({ code, position, message }) => [code, position?.line, message]);
}

describe('the tarballs of a release', () => {
  it('are pinned by the sha256 of the file and by what they unpack to, and published as they are', async () => {
    await pack('1.0.0', 'first');
    const { release } = await vendor.build('1.0.0');
    const identity = await sha256(join(vendor.folder, 'dist/search-1.0.0.tar.gz'));
    const content = await hashArtifact(vendor.system.files, join(vendor.folder, 'search'));
    const [search, index] = release.components;
    expect(search).toEqual({
      ...{
        service: 'search',
        kind: 'tarball',
        file: 'search-1.0.0.tar.gz',
        identity,
        bytes: expect.any(Number),
        content,
      },
      ...{ command: ['node', 'main.mjs'], producedBy: '1.0.0' },
    });
    expect(index).toMatchObject({ service: 'index', identity, command: ['node', 'index.mjs'] });
    const source = openSource(vendor.system, vendor.source);
    expect(await source.release('1.0.0')).toEqual(release);
    const published = source.artifactPath({ kind: 'tarball', identity: search?.identity ?? 'sha256:' });
    expect(published).toMatch(/artifacts\/[0-9a-f]{64}\.tar\.gz$/);
    expect([await sha256(published), (await readdir(join(published, '..'))).length]).toEqual([identity, 2]);
  });

  it('are carried when they have the same bytes, whatever their names are', async () => {
    for (const version of ['1.0.0', '1.1.0']) await pack(version, 'the same');
    await vendor.build('1.0.0');
    const { release, carried } = await vendor.build('1.1.0');
    expect(carried.map(({ service }) => service)).toEqual(['search', 'index', 'api']);
    expect(release.components[0]).toMatchObject({ file: 'search-1.1.0.tar.gz', producedBy: '1.0.0' });
    await pack('1.2.0', 'another');
    expect((await vendor.build('1.2.0')).carried.map(({ service }) => service)).toEqual(['api']);
  });

  it('make another release of the same version when they were packed again', async () => {
    await pack('1.0.0', 'first');
    const built = await vendor.build('1.0.0');
    expect(await vendor.build('1.0.0')).toMatchObject({ alreadyPublished: true, digest: built.digest });
    const before = await sha256(join(vendor.folder, 'dist/search-1.0.0.tar.gz'));
    await pack('1.0.0', 'second');
    const now = await sha256(join(vendor.folder, 'dist/search-1.0.0.tar.gz'));
    const changed = [
      'release.changed-tarball',
      undefined,
      `search-1.0.0.tar.gz was ${before} when 1.0.0 was published, and is ${now} now`,
    ];
    expect(await findingsOf(vendor.build('1.0.0'))).toEqual([
      ['release.version-taken', undefined, expect.any(String)],
      changed,
      changed,
    ]);
  });

  it('are judged before anything is written, with every reason, where product.yaml names them', async () => {
    await vendor.write(
      'product.yaml',
      PRODUCT.replace('index: { tarball: "./dist/search-', 'index: { tarball: "./dist/index-'),
    );
    await writeFile(
      join(vendor.folder, 'dist/search-1.0.0.tar.gz'),
      packRaw([{ name: 'main.mjs' }, { name: '../outside' }, { name: 'main.mjs' }]),
    );
    expect(await findingsOf(vendor.build('1.0.0'))).toEqual([
      [
        'artifact.wrong-tarball',
        3,
        'services.search.tarball: ./dist/search-1.0.0.tar.gz: ../outside goes up with "..", which may leave the folder',
      ],
      ['artifact.wrong-tarball', 3, 'services.search.tarball: ./dist/search-1.0.0.tar.gz: main.mjs is there twice'],
      ['release.no-tarball', 4, 'services.index.tarball: there is no file ./dist/index-1.0.0.tar.gz'],
    ]);
    expect(await readdir(vendor.source)).toEqual([]);
  });

  it('replace a damaged one of an earlier build that was cut off', async () => {
    await pack('1.0.0', 'first');
    const { release } = await vendor.build('1.0.0');
    const [component] = release.components;
    const published = openSource(vendor.system, vendor.source).artifactPath(
      component ?? { kind: 'tarball', identity: 'sha256:' },
    );
    await writeFile(published, 'torn');
    await pack('1.1.0', 'first');
    await vendor.build('1.1.0');
    expect(await sha256(published)).toBe(component?.identity);
  });
});
