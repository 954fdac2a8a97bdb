import { mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVendor, migrationOf, PRODUCT, type Vendor } from '../../test/support/vendor.ts';
import { OnwardError } from '../model/index.ts';
import { openSource } from './index.ts';

let vendor: Vendor;
beforeEach(async () => {
  vendor = await createVendor();
});
afterEach(() => vendor.remove());

const first = migrationOf('1.0.0/expand/001_orders');
const second = migrationOf('1.1.0/expand/001_totals');

/** The codes of what speaks against a build. */
async function refusals(build: Promise<unknown>): Promise<readonly string[]> {
  const error = await build.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OnwardError)) throw new Error('It was built', { cause: error });
  return error.findings.length > 0 ? error.findings.map((finding) => finding.code) : [error.code];
}

async function treeOf(folder: string): Promise<readonly string[]> {
  return (await vendor.system.files.tree(folder)).map((entry) => entry.path);
}

describe('buildRelease()', () => {
  it('publishes content under its hashes, the release document, and the catalog', async () => {
    const { release, digest } = await vendor.build('1.0.0', [first]);
    expect(release.components.map(({ service, command, producedBy }) => ({ service, command, producedBy }))).toEqual([
      { service: 'api', command: ['node', 'main.mjs'], producedBy: '1.0.0' },
      { service: 'worker', command: ['node', 'main.mjs', '--jobs'], producedBy: '1.0.0' },
    ]);
    expect(release.databases).toEqual([{ name: 'core', services: ['api', 'worker'], server: '>=14', extensions: [] }]);
    expect(release.services[0]).toEqual({
      name: 'api',
      database: 'core',
      after: [],
      ready: { kind: 'http', path: '/ready' },
    });
    const hex = (identity: string) => identity.slice('sha256:'.length);
    const [api, worker] = release.components.map((component) => hex(component.identity));
    expect(await treeOf(vendor.source)).toEqual(
      [
        'artifacts',
        ...[`artifacts/${api}`, `artifacts/${api}/main.mjs`, `artifacts/${worker}`, `artifacts/${worker}/main.mjs`],
        'catalog.json',
        'migrations',
        `migrations/${hex(first.checksum)}.sql`,
        'releases',
        'releases/1.0.0.json',
      ].sort(),
    );
    const catalog = await openSource(vendor.system, vendor.source).catalog();
    expect(catalog).toMatchObject({
      product: 'shop',
      releases: [{ version: '1.0.0', digest, stops: [] }],
      channels: {},
    });
  });

  it('carries an unchanged component, and lists all migrations so far', async () => {
    await vendor.build('1.0.0', [first]);
    await vendor.write('dist/api/main.mjs', 'api of the second release');
    const { release, carried } = await vendor.build('1.1.0', [first, second]);
    expect(carried).toMatchObject([{ service: 'worker', producedBy: '1.0.0' }]);
    expect(release.components.map((component) => component.producedBy)).toEqual(['1.1.0', '1.0.0']);
    expect(release.migrations.map((ref) => ref.path)).toEqual([first.path, second.path]);
    await vendor.write('dist/api/main.mjs', 'api of the third release');
    expect((await vendor.build('1.2.0', [first, second])).carried).toMatchObject([{ producedBy: '1.0.0' }]);
  });

  it('is done when the same content is published already, and changes nothing', async () => {
    const built = await vendor.build('1.0.0', [first]);
    const before = await readFile(join(vendor.source, 'catalog.json'), 'utf8');
    expect(await vendor.build('1.0.0', [first])).toMatchObject({ alreadyPublished: true, digest: built.digest });
    expect(await readFile(join(vendor.source, 'catalog.json'), 'utf8')).toBe(before);
  });

  it('gives the same content again after newer releases and fixes of older lines were published', async () => {
    await vendor.build('1.0.0', [first]);
    const built = await vendor.build('1.2.0', [first]);
    const fix = migrationOf('1.1.0/expand/001_fix');
    await vendor.build('1.1.0', [first, fix]);
    expect(await refusals(vendor.build('1.3.0', [first]))).toEqual(['release.vanished-migration']);
    expect(await vendor.build('1.2.0', [first])).toMatchObject({ alreadyPublished: true, digest: built.digest });
  });

  it('refuses a published version with other content', async () => {
    await vendor.build('1.0.0');
    await vendor.write('dist/api/main.mjs', 'other bytes');
    expect(await refusals(vendor.build('1.0.0'))).toEqual(['release.version-taken']);
  });

  it('lists every reason and writes nothing when there is one', async () => {
    await vendor.build('1.0.0', [first, migrationOf('1.0.0/expand/002_lines')]);
    const before = await treeOf(vendor.source);
    await vendor.write('dist/api/main.mjs', 'api of the second release');
    const files = [
      migrationOf('1.0.0/expand/001_orders', 'create table other()'),
      migrationOf('1.0.0/expand/003_new'),
      migrationOf('2.0.0/expand/001_future'),
    ];
    expect(await refusals(vendor.build('1.1.0', files))).toEqual([
      'release.edited-migration',
      'release.late-migration',
      'release.newer-migration',
      'release.vanished-migration',
    ]);
    expect(await treeOf(vendor.source)).toEqual(before);
  });

  it('refuses what is not a version', async () => {
    for (const version of ['1.0', 'v1.0.0', '1.0.0+build', 'latest', '../1.0.0']) {
      expect(await refusals(vendor.build(version))).toEqual(['release.not-a-version']);
    }
  });

  it('refuses a source of another product', async () => {
    await vendor.build('1.0.0');
    await vendor.write('product.yaml', PRODUCT.replace('product: shop', 'product: store'));
    expect(await refusals(vendor.build('1.1.0'))).toEqual(['release.other-product']);
  });

  it('refuses an artifact with a link that leaves it', async () => {
    await symlink('/etc/passwd', join(vendor.folder, 'dist/api/secrets'));
    expect(await refusals(vendor.build('1.0.0'))).toEqual(['artifact.unsupported']);
  });

  it('copies what a linked artifact folder holds, not the link', async () => {
    await rename(join(vendor.folder, 'dist/api'), join(vendor.folder, 'api-of-today'));
    await symlink('../api-of-today', join(vendor.folder, 'dist/api'));
    const { release } = await vendor.build('1.0.0');
    await rm(join(vendor.folder, 'api-of-today'), { recursive: true });
    const copy = openSource(vendor.system, vendor.source).artifactPath(
      release.components[0] ?? { kind: 'folder', identity: 'sha256:' },
    );
    expect(await readFile(join(copy, 'main.mjs'), 'utf8')).toBe('api of the first release');
  });

  it('refuses a source inside of an artifact', async () => {
    await vendor.write('product.yaml', PRODUCT.replace('./dist/api', '.'));
    expect(await refusals(vendor.build('1.0.0'))).toEqual(['release.source-in-artifact']);
  });

  it('replaces a damaged artifact of an earlier build that was cut off', async () => {
    const { release } = await vendor.build('1.0.0');
    const source = openSource(vendor.system, vendor.source);
    const folder = source.artifactPath(release.components[0] ?? { kind: 'folder', identity: 'sha256:' });
    await writeFile(join(folder, 'main.mjs'), 'damaged');
    await mkdir(`${folder}.incoming`);
    await vendor.build('1.1.0');
    expect(await readFile(join(folder, 'main.mjs'), 'utf8')).toBe('api of the first release');
    expect(await readdir(join(vendor.source, 'artifacts'))).toHaveLength(2);
  });

  it('takes stops, ranges and notes from the file of the version', async () => {
    await vendor.build('1.0.0');
    await vendor.write(
      'releases.d/1.1.0.yaml',
      [
        'upgradeFrom: ">=1.0.0"',
        'requiresTool: ">=0.1"',
        'rollback: { until: postdeploy }',
        'stops: [{ id: ids, satisfiedBy: ">=1.0.0", prefer: 1.0.0, reason: ids are bigint }]',
        'notes: { summary: Totals, breaking: [no v1 API] }',
      ].join('\n'),
    );
    const { release, findings } = await vendor.build('1.1.0');
    expect(findings).toEqual([]);
    expect(release).toMatchObject({
      rollback: { until: 'postdeploy' },
      notes: { summary: 'Totals', breaking: ['no v1 API'] },
    });
    const catalog = await openSource(vendor.system, vendor.source).catalog();
    expect(catalog.releases[1]).toMatchObject({
      upgradeFrom: '>=1.0.0',
      requiresTool: '>=0.1',
      stops: [{ id: 'ids' }],
    });
  });

  it('loses no release when several are built at once', async () => {
    const versions = ['1.0.0', '1.0.1', '1.0.2', '1.0.3', '1.0.4', '1.0.5'];
    await Promise.all(versions.map((version) => vendor.build(version)));
    const catalog = await openSource(vendor.system, vendor.source).catalog();
    expect(catalog.releases.map((entry) => entry.version)).toEqual(versions);
    expect(new Set(catalog.releases.map((entry) => entry.publishedAt)).size).toBe(versions.length);
    expect(await treeOf(vendor.source)).not.toContain('.lock');
  });
});
