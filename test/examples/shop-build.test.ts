import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { copyChanged } from '../../examples/demo/files.mjs';
import { buildShop } from '../../examples/shop/build.mjs';
import { loadDeployment } from '../../src/deployment/index.ts';
import { readMigrations } from '../../src/migrate/index.ts';
import { type BuiltRelease, buildRelease, loadProduct } from '../../src/release/index.ts';
import { createSystem } from '../../src/system/index.ts';

const SHOP = new URL('../../examples/shop/', import.meta.url).pathname;
const RELEASES = ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.3.1', '1.4.0'];
const SERVICES = ['api', 'web', 'worker', 'scheduler'];
const system = createSystem({ environment: {}, onEvent: () => {} });
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-shop-build-'));
  for (const version of RELEASES) await buildShop(version, join(folder, version));
});
afterAll(() => rm(folder, { recursive: true }));

async function hashBundle(build: string, service: string): Promise<string> {
  const bytes = await readFile(join(folder, build, 'dist', service, 'main.mjs'));
  return createHash('sha256').update(bytes).digest('hex');
}

async function changedServices(from: string, to: string): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const service of SERVICES) {
    if ((await hashBundle(from, service)) !== (await hashBundle(to, service))) changed.push(service);
  }
  return changed;
}

describe('the build of the example shop', () => {
  it('gives the same bytes when it runs again, from another folder and into another one', async () => {
    const build = join(SHOP, 'build.mjs');
    await promisify(execFile)(process.execPath, [build, '1.2.0', 'again/elsewhere'], { cwd: folder });
    expect(await changedServices('1.2.0', 'again/elsewhere')).toEqual([]);
  });

  it('leaves the bytes of a service alone in a release that does not change it', async () => {
    expect(await changedServices('1.0.0', '1.1.0')).toEqual(['api', 'web', 'worker']);
    expect(await changedServices('1.1.0', '1.2.0')).toEqual(['api', 'scheduler']);
    expect(await changedServices('1.2.0', '1.3.0')).toEqual(['api']);
    expect(await changedServices('1.3.0', '1.3.1')).toEqual(['api']);
    expect(await changedServices('1.3.1', '1.4.0')).toEqual(['api']);
  });

  it('takes the migrations and the details of the releases up to the one that is built', async () => {
    const paths = (await system.files.tree(join(folder, '1.1.0'))).map((entry) => entry.path);
    const versions = paths.filter((path) => path.startsWith('releases.d/') || /^migrations\/core\/[^/]+$/.test(path));
    expect(versions.sort()).toEqual([
      'migrations/core/v1.0.0',
      'migrations/core/v1.1.0',
      'releases.d/1.0.0.yaml',
      'releases.d/1.1.0.yaml',
    ]);
  });

  it('refuses a release that there is not, and a folder that is in use', async () => {
    await expect(buildShop('1.5.0', join(folder, '1.5.0'))).rejects.toThrow('There is no release 1.5.0');
    await expect(buildShop('1.0.0', SHOP)).rejects.toThrow('is not empty');
  });
});

describe('the releases of the example shop', () => {
  it('are published one after another, each with what it carries, and without a word against them', async () => {
    const built: BuiltRelease[] = [];
    for (const version of RELEASES) {
      const read = await readMigrations(system, join(folder, version, 'migrations'));
      const productFile = join(folder, version, 'product.yaml');
      const source = join(folder, 'releases');
      built.push(await buildRelease(system, { productFile, version, source, migrations: read.files }));
      expect([read.findings, built.at(-1)?.findings]).toEqual([[], []]);
    }
    const carried = built.map((one) =>
      one.carried.map(({ service, producedBy }) => `${service} of ${producedBy}`).sort(),
    );
    expect(carried).toEqual([
      [],
      ['scheduler of 1.0.0'],
      ['web of 1.1.0', 'worker of 1.1.0'],
      ['scheduler of 1.2.0', 'web of 1.1.0', 'worker of 1.1.0'],
      ['scheduler of 1.2.0', 'web of 1.1.0', 'worker of 1.1.0'],
      ['scheduler of 1.2.0', 'web of 1.1.0', 'worker of 1.1.0'],
    ]);
    expect(built[2]?.release.stops.map((stop) => [stop.id, stop.satisfiedBy])).toEqual([
      ['shipments', '>=1.1.0 <1.2.0'],
    ]);
  });
});

describe('the files of the example shop', () => {
  it('describe a product', async () => {
    const product = await loadProduct(system, join(folder, '1.3.0', 'product.yaml'));
    expect(product.services.map((service) => service.name).sort()).toEqual([...SERVICES].sort());
  });

  it('describe a deployment of every service, on the ports that it is copied for', async () => {
    const file = join(folder, 'onward.yaml');
    const ports = { '127.0.0.1:8080': '127.0.0.1:4001', '127.0.0.1:8081': '127.0.0.1:4002' };
    await copyChanged(join(SHOP, 'onward.yaml'), file, ports);
    const deployment = await loadDeployment(system, file);
    expect(deployment.releases).toEqual({ source: join(folder, 'releases'), channel: 'stable' });
    expect(deployment.services.map((service) => [service.name, service.replicas, service.switch])).toEqual([
      ['api', 2, { kind: 'builtin', mode: 'http', listen: { host: '127.0.0.1', port: 4002 } }],
      ['web', 1, { kind: 'builtin', mode: 'http', listen: { host: '127.0.0.1', port: 4001 } }],
      ['worker', 1, { kind: 'none' }],
      ['scheduler', 1, { kind: 'none' }],
    ]);
  });
});
