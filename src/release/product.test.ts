import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVendor, PRODUCT, type Vendor } from '../../test/support/vendor.ts';
import { describeFinding, OnwardError } from '../model/index.ts';
import { loadProduct } from './index.ts';

let vendor: Vendor;
beforeEach(async () => {
  vendor = await createVendor();
});
afterEach(() => vendor.remove());

/** What is wrong with a product.yaml, as `line:column: message`. */
async function problems(text: string): Promise<readonly string[]> {
  await vendor.write('product.yaml', text);
  const error = await loadProduct(vendor.system, vendor.productFile).catch((thrown: unknown) => thrown);
  if (!(error instanceof OnwardError)) throw new Error('It was accepted');
  return error.findings.map((finding) => describeFinding(finding).replace(`${vendor.productFile}:`, ''));
}

describe('loadProduct()', () => {
  it('reads services, databases and rules, with absolute paths', async () => {
    const product = await loadProduct(vendor.system, vendor.productFile);
    expect(product.rules).toEqual({ skipMinor: false, skipMajor: false });
    expect(product.databases).toEqual([{ name: 'core', services: ['api', 'worker'], server: '>=14', extensions: [] }]);
    expect(product.services[1]).toEqual({
      name: 'worker',
      database: 'core',
      artifact: join(vendor.folder, 'dist/worker'),
      command: ['node', 'main.mjs', '--jobs'],
      after: ['api'],
      roll: 'overlap',
    });
    expect(product.migrations).toBe(join(vendor.folder, 'migrations'));
  });

  it('reads every form of a ready probe', async () => {
    const ready = async (form: string) => {
      await vendor.write('product.yaml', PRODUCT.replace('{ http: /ready }', form));
      return (await loadProduct(vendor.system, vendor.productFile)).services[0]?.ready;
    };
    expect(await ready('{ http: /up }')).toEqual({ kind: 'http', path: '/up' });
    expect(await ready('{ tcp: true }')).toEqual({ kind: 'tcp' });
    expect(await ready('{ up: 1.5s }')).toEqual({ kind: 'up', forMs: 1500 });
  });

  it('reports every wrong value and unknown key at once, where it stands', async () => {
    const text = [
      'product: Shop',
      'upgrade: { skipMinor: true }',
      'services:',
      '  api: { artifact: ../elsewhere, command: "node \'main.mjs\'", ready: { up: soon } }',
      '  worker: { artifact: /abs, command: [], roll: sideways }',
    ];
    expect(await problems(text.join('\n'))).toEqual([
      '1:10: product: must be lower-case letters, digits and hyphens, beginning with a letter',
      '2:1: unknown key "upgrade"',
      '4:20: services.api.artifact: must be a relative path inside the folder of product.yaml, with forward slashes',
      expect.stringMatching(/^4:43: services.api.command: must hold no quotes or shell characters/),
      '4:75: services.api.ready.up: must be a duration, such as 2s',
      '5:23: services.worker.artifact: must be a relative path inside the folder of product.yaml, with forward slashes',
      '5:38: services.worker.command: must name a program',
      expect.stringMatching(/^5:48: services.worker.roll: /),
    ]);
  });

  it('reports names that refer to nothing, with the one that was meant', async () => {
    const text = [
      'product: shop',
      'databases: { core: { services: [api, wroker] } }',
      'services:',
      '  api: { artifact: dist/api, command: node main.mjs, database: kore }',
      '  worker: { artifact: dist/worker, command: node main.mjs, after: [ap] }',
    ];
    expect(await problems(text.join('\n'))).toEqual([
      '2:38: databases.core.services.1: there is no service "wroker"; did you mean "worker"?',
      '4:64: services.api.database: there is no database "kore"; did you mean "core"?',
      '5:68: services.worker.after.0: there is no service "ap"; did you mean "api"?',
    ]);
  });

  it('reports services that wait for each other in a circle', async () => {
    const text = [
      'product: shop',
      'services:',
      '  api: { artifact: dist/api, command: node main.mjs, after: [worker] }',
      '  worker: { artifact: dist/worker, command: node main.mjs, after: [api] }',
    ];
    expect(await problems(text.join('\n'))).toEqual([
      '3:61: services.api.after: services wait for each other in a circle: api -> worker -> api',
    ]);
  });

  it('reports folders that are not there, where they are named', async () => {
    await rm(join(vendor.folder, 'dist/worker'), { recursive: true });
    await rm(join(vendor.folder, 'releases.d'), { recursive: true });
    expect(await problems(PRODUCT)).toEqual([
      '5:39: services.worker.artifact: there is no folder ./dist/worker; build it first',
      '7:11: releases: there is no folder ./releases.d',
    ]);
  });

  it('reports an artifact folder that is empty', async () => {
    await rm(join(vendor.folder, 'dist/worker/main.mjs'));
    expect(await problems(PRODUCT)).toEqual([
      '5:39: services.worker.artifact: the folder ./dist/worker is empty; build it first',
    ]);
  });

  it('refuses a product without services, and names that cannot be folders or host names', async () => {
    expect(await problems('product: shop\nservices: {}')).toEqual(['2:11: services: must name at least one service']);
    expect(await problems('product: shop\nservices: { "../api": { artifact: dist/api, command: node } }')).toEqual([
      expect.stringContaining('this name must be lower-case letters, digits and hyphens'),
    ]);
  });

  it('reads a service that ships an image, with and without a command', async () => {
    await vendor.write(
      'product.yaml',
      [
        'product: shop',
        'services:',
        `  api: { image: "registry.example/shop/api:v$\{version}", ready: { tcp: true } }`,
        `  worker: { image: "api@sha256:${'ab'.repeat(32)}", command: node main.mjs --jobs }`,
      ].join('\n'),
    );
    const { services } = await loadProduct(vendor.system, vendor.productFile);
    expect(services).toEqual([
      {
        name: 'api',
        image: `registry.example/shop/api:v$\{version}`,
        command: [],
        after: [],
        ready: { kind: 'tcp' },
      },
      {
        name: 'worker',
        image: `api@sha256:${'ab'.repeat(32)}`,
        command: ['node', 'main.mjs', '--jobs'],
        after: [],
      },
    ]);
  });

  it('refuses a service that ships both or nothing, or a folder that nothing starts', async () => {
    const text = [
      'product: shop',
      'services:',
      '  api: { artifact: ./dist/api, image: "api:1", command: node main.mjs }',
      '  web: { after: [api] }',
      '  worker: { artifact: ./dist/worker }',
      '  jobs: { tarball: ./dist/jobs.tgz }',
    ];
    expect(await problems(text.join('\n'))).toEqual([
      '3:39: services.api.image: there is an artifact as well, and a service ships one of them',
      '4:8: services.web: must name what it ships: an artifact, a tarball, or an image',
      '5:11: services.worker.command: is missing',
      '6:9: services.jobs.command: is missing',
    ]);
  });

  it.each([
    ['registry.example/shop/API:1', `must name an image, such as registry.example/shop/api:$\{version}`],
    ['https://registry.example/api:1', `must name an image, such as registry.example/shop/api:$\{version}`],
    ['api:', `must name an image, such as registry.example/shop/api:$\{version}`],
    ['registry.example/shop/api', 'must have a tag or a digest: without one it means whatever is the latest'],
    [`api-$\{version}:1`, `may hold $\{version} in the tag only`],
    [`api:$\{Version}`, `knows no $\{Version}; only $\{version} is replaced`],
    ['api:$TAG', `knows no $TAG; only $\{version} is replaced`],
    [`api:$\{version}-$\{TAG:-1}`, `knows no $\{TAG:-1}; only $\{version} is replaced`],
  ])('refuses %s as an image', async (image, message) => {
    expect(await problems(`product: shop\nservices:\n  api:\n    image: '${image}'\n`)).toEqual([
      `4:12: services.api.image: ${message}`,
    ]);
  });

  it.each([
    ['../search.tgz', 'must be a relative path inside the folder of product.yaml, with forward slashes'],
    ['./dist/search.tar.xz', 'must end with .tar.gz or .tgz'],
    [`./dist/$\{VERSION}.tgz`, `knows no $\{VERSION}; only $\{version} is replaced`],
  ])('refuses %s as a tarball', async (tarball, message) => {
    const text = `product: shop\nservices:\n  api:\n    command: node main.mjs\n    tarball: '${tarball}'\n`;
    expect(await problems(text)).toEqual([`5:14: services.api.tarball: ${message}`]);
  });

  it('reads the product of the example', async () => {
    const folder = join(vendor.folder, 'shop');
    for (const name of ['api', 'web', 'worker', 'scheduler']) await vendor.write(`shop/dist/${name}/main.mjs`, '');
    for (const name of ['migrations', 'releases.d']) await mkdir(join(folder, name));
    const text = await vendor.system.files.readText(
      new URL('../../examples/shop/product.yaml', import.meta.url).pathname,
    );
    await vendor.write('shop/product.yaml', text);
    const product = await loadProduct(vendor.system, join(folder, 'product.yaml'));
    expect(product.services.map((service) => service.name)).toEqual(['api', 'web', 'worker', 'scheduler']);
  });
});
