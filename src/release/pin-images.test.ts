import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVendor, type Vendor } from '../../test/support/vendor.ts';
import { OnwardError } from '../model/index.ts';

let vendor: Vendor;
let registry: Server;
let host: string;
let asked: string[];
beforeEach(async () => {
  asked = [];
  registry = createServer((request, response) => {
    if (request.url !== '/v2/') asked.push(`${request.method} ${request.url}`);
    response.end('{"schemaVersion":2,"layers":[{"digest":"a","size":7}]}');
  });
  registry.listen(0, '127.0.0.1');
  await once(registry, 'listening');
  host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
  vendor = await createVendor();
});
afterEach(async () => {
  registry.closeAllConnections();
  registry.close();
  await vendor.remove();
});

async function writeProduct(services: readonly string[]): Promise<void> {
  await vendor.write('product.yaml', ['product: shop', 'services:', ...services].map((line) => `${line}\n`).join(''));
}

describe('the images of a release', () => {
  it('are asked for once, however many services ship the same, beside services that ship folders', async () => {
    await writeProduct([
      `  api: { image: "${host}/shop/api:v$\{version}" }`,
      `  worker: { image: "${host}/shop/api:v$\{version}", command: node worker.mjs }`,
      `  web: { image: "${host}/shop/web:stable" }`,
      '  jobs: { artifact: ./dist/worker, command: node main.mjs }',
    ]);
    const { release } = await vendor.build('1.0.0');
    expect(asked.sort()).toEqual(['GET /v2/shop/api/manifests/v1.0.0', 'GET /v2/shop/web/manifests/stable']);
    expect(release.components.map(({ service, kind, bytes }) => [service, kind, bytes])).toEqual([
      ['api', 'image', 7],
      ['worker', 'image', 7],
      ['web', 'image', 7],
      ['jobs', 'folder', expect.any(Number)],
    ]);
  });

  it('keep the tag of a name that has a digest as well, and are asked for by the digest', async () => {
    await writeProduct([`  api: { image: "${host}/shop/api:1.0.0" }`]);
    const { identity } = (await vendor.build('1.0.0')).release.components[0] ?? {};
    asked = [];
    await writeProduct([`  web: { image: "${host}/shop/web:$\{version}@${identity}" }`]);
    const { release } = await vendor.build('2.0.0');
    expect(release.components).toMatchObject([
      { service: 'web', tag: '2.0.0', identity, bytes: 7, producedBy: '2.0.0' },
    ]);
    expect(asked).toEqual([`GET /v2/shop/web/manifests/${identity}`]);
  });

  it('are not asked for where an earlier release has the digest, of the same repository', async () => {
    await writeProduct([`  api: { image: "${host}/shop/api:1.0.0" }`]);
    const { identity, bytes } = (await vendor.build('1.0.0')).release.components[0] ?? {};
    registry.close();
    registry.closeAllConnections();
    await writeProduct([`  api: { image: "${host}/shop/api@${identity}" }`]);
    for (const alreadyPublished of [false, true]) {
      const built = await vendor.build('1.1.0');
      expect(built.release.components).toEqual([
        { service: 'api', kind: 'image', image: `${host}/shop/api`, identity, bytes, command: [], producedBy: '1.0.0' },
      ]);
      expect(built.alreadyPublished).toBe(alreadyPublished);
    }
    await writeProduct([`  api: { image: "${host}/shop/other@${identity}" }`]);
    await expect(vendor.build('1.2.0')).rejects.toMatchObject({ findings: [{ code: 'registry.unreachable' }] });
  });

  it('cannot have a version in their tag that makes it too long', async () => {
    await writeProduct([`  api: { image: "${host}/shop/api:$\{version}" }`]);
    const version = `1.0.0-${'x'.repeat(130)}`;
    const error = await vendor.build(version).catch((thrown: unknown) => thrown);
    if (!(error instanceof OnwardError)) throw new Error('It was built');
    expect(error.findings).toMatchObject([
      {
        code: 'release.wrong-image',
        position: { line: 3, column: 17 },
        message: expect.stringContaining('names no image'),
      },
    ]);
    expect(asked).toEqual([]);
  });
});
