import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createProject, docker, removeProject } from '../../test/support/docker.ts';
import { type Registry, startRegistry } from '../../test/support/registry.ts';
import { buildServiceImage } from '../../test/support/service-image.ts';
import { createVendor, type Vendor } from '../../test/support/vendor.ts';
import { describeFinding, type ImageComponent, OnwardError } from '../model/index.ts';
import { openSource } from './index.ts';

const project = createProject('images');
let registry: Registry;
let vendor: Vendor;

beforeAll(async () => {
  registry = await startRegistry();
});
afterAll(async () => {
  await registry?.close();
  await removeProject(project);
});
beforeEach(async () => {
  vendor = await createVendor(product(`api:$\{version}`));
});
afterEach(() => vendor.remove());

function product(image: string, more = ''): string {
  return [
    'product: shop',
    'services:',
    '  api:',
    `    image: ${registry.host}/${project}/${image}`,
    '  worker:',
    `    image: ${registry.host}/${project}/api:\${version}`,
    '    command: node main.mjs --jobs',
    more,
  ].join('\n');
}

/** Builds an image of this content and pushes it under each tag; returns its digest. */
async function push(content: string, ...tags: readonly string[]): Promise<string> {
  const image = await buildServiceImage({ project, name: 'api', tag: content, base: 'busybox' });
  const digests: string[] = [];
  for (const tag of tags) digests.push(await registry.push(image, `${project}/api:${tag}`));
  return digests[0] ?? '';
}

async function refusal(build: Promise<unknown>): Promise<OnwardError> {
  const error = await build.catch((thrown: unknown) => thrown);
  if (!(error instanceof OnwardError)) throw new Error('It was built', { cause: error });
  return error;
}

describe('buildRelease() with images', () => {
  it('pins what the tag of the version points to, with what has to be fetched of it', async () => {
    const digest = await push('first', '1.0.0');
    const { release } = await vendor.build('1.0.0');
    const [api, worker] = release.components as readonly ImageComponent[];
    const common = { kind: 'image', image: `${registry.host}/${project}/api`, tag: '1.0.0', identity: digest };
    expect(api).toEqual({ ...common, service: 'api', bytes: api?.bytes, command: [], producedBy: '1.0.0' });
    expect(worker).toMatchObject({ ...common, service: 'worker', command: ['node', 'main.mjs', '--jobs'] });
    const unpacked = Number(await docker(['image', 'inspect', '--format', '{{.Size}}', `${project}/api:first`]));
    expect(api?.bytes).toBeGreaterThan(unpacked / 10);
    expect(api?.bytes).toBeLessThan(unpacked);
    expect(await openSource(vendor.system, vendor.source).release('1.0.0')).toEqual(release);
    expect(release.services).toEqual([
      { name: 'api', after: [] },
      { name: 'worker', after: [] },
    ]);
  });

  it('carries an image that an earlier release has, whatever its tag is now', async () => {
    const first = await push('first', '1.0.0', '1.1.0');
    await vendor.build('1.0.0');
    const { release, carried } = await vendor.build('1.1.0');
    expect(carried).toEqual([
      expect.objectContaining({ service: 'api', producedBy: '1.0.0' }),
      expect.objectContaining({ service: 'worker', producedBy: '1.0.0' }),
    ]);
    expect(release.components[0]).toMatchObject({ tag: '1.1.0', identity: first, producedBy: '1.0.0' });
    await push('second', '1.2.0');
    expect((await vendor.build('1.2.0')).carried).toEqual([]);
  });

  it('gives the same release again, and refuses it once its tag has moved', async () => {
    const first = await push('first', '1.0.0');
    await vendor.build('1.0.0');
    expect(await vendor.build('1.0.0')).toMatchObject({ alreadyPublished: true });
    const second = await push('second', '1.0.0');
    const error = await refusal(vendor.build('1.0.0'));
    const moved = `${registry.host}/${project}/api:1.0.0 pointed to ${first} when 1.0.0 was published, and points to ${second} now`;
    expect(error.findings.map(({ code, message }) => ({ code, message }))).toEqual([
      {
        code: 'release.version-taken',
        message: expect.stringMatching(/^1\.0\.0 was published on .* with other content/),
      },
      { code: 'release.moved-tag', message: moved },
      { code: 'release.moved-tag', message: moved },
    ]);
  });

  it('says of every image that cannot be pinned why, and where product.yaml names it', async () => {
    await vendor.write('product.yaml', product('gone:1', '  other: { image: "127.0.0.1:1/shop/other:1" }'));
    const error = await refusal(vendor.build('9.0.0'));
    expect(error.code).toBe('release.not-buildable');
    const missing = (image: string) =>
      `could not look up image ${registry.host}/${project}/${image}: the registry has no such repository or tag`;
    expect(error.findings.map((finding) => describeFinding(finding).replace(vendor.productFile, ''))).toEqual([
      `:4:12: services.api.image: ${missing('gone:1')}`,
      `:6:12: services.worker.image: ${missing('api:9.0.0')}`,
      ':8:19: services.other.image: could not look up image 127.0.0.1:1/shop/other:1: the registry cannot be reached (connect ECONNREFUSED 127.0.0.1:1)',
    ]);
    expect(await vendor.system.files.exists(vendor.source)).toBe(true);
    await expect(openSource(vendor.system, vendor.source).catalog()).rejects.toThrow('there is no catalog.json');
  });
});
