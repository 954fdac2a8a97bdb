import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, removeProject } from '../../test/support/docker.ts';
import { pushRawImage } from '../../test/support/raw-image.ts';
import { type Registry, type RegistryFront, startRegistry, startRegistryFront } from '../../test/support/registry.ts';
import { buildServiceImage } from '../../test/support/service-image.ts';
import type { Digest, ImageComponent, Release } from '../model/index.ts';
import { createSystem } from '../system/index.ts';
import { observeImagesOf } from './observe-images.ts';

const project = createProject('tags');
const system = createSystem({ environment: {}, onEvent: () => {} });
let registry: Registry;
let front: RegistryFront;

beforeAll(async () => {
  registry = await startRegistry();
  front = await startRegistryFront(registry.host);
});
afterAll(async () => {
  front?.close();
  await registry?.close();
  await removeProject(project);
});

const NEVER_PUSHED: Digest = `sha256:${'e'.repeat(64)}`;

function component(service: string, more: Partial<ImageComponent>): ImageComponent {
  const image = `${registry.host}/shop/api`;
  return { service, kind: 'image', image, identity: NEVER_PUSHED, bytes: 1, command: [], producedBy: '1.0.0', ...more };
}

function release(version: string, components: readonly ImageComponent[]): Release {
  const notes = { breaking: [], deprecated: [], knownIssues: [] };
  const rollback = { until: 'roll' } as const;
  return {
    product: 'shop',
    version,
    components,
    services: [],
    databases: [],
    migrations: [],
    stops: [],
    rollback,
    notes,
  };
}

describe('observeImagesOf()', () => {
  it('tells a tag that points to what is pinned from one that was pushed again, asking for each image once', async () => {
    const first = (await registry.push(
      await buildServiceImage({ project, name: 'small', tag: 'first', base: 'busybox' }),
      'shop/api:1.0.0',
    )) as Digest;
    const pinned = { tag: '1.0.0', identity: first };
    const releases = [
      release('1.0.0', [component('api', pinned), component('worker', pinned)]),
      release('1.1.0', [component('api', pinned), component('web', { tag: '1.1.0', identity: first })]),
    ];
    const common = { image: `${registry.host}/shop/api`, pinned: first, isThere: true };
    const api = { ...common, release: '1.0.0', services: ['api', 'worker'], tag: '1.0.0' };
    const web = { ...common, release: '1.1.0', services: ['web'], tag: '1.1.0' };
    expect(await observeImagesOf(system, releases)).toEqual([{ ...api, pointsTo: first }, web]);
    const second = await registry.push(
      await buildServiceImage({ project, name: 'small', tag: 'second', base: 'busybox' }),
      'shop/api:1.0.0',
    );
    expect(await observeImagesOf(system, releases)).toEqual([{ ...api, pointsTo: second }, web]);
  });

  it('says that the registry does not have what is pinned any more', async () => {
    const digest = await pushRawImage({ host: registry.host, repository: 'shop/api', tag: '2.0.0' }, [5]);
    const releases = [release('2.0.0', [component('api', { tag: '2.0.0' }), component('web', {})])];
    expect(await observeImagesOf(system, releases)).toMatchObject([
      { services: ['api'], pointsTo: digest, isThere: false },
      { services: ['web'], isThere: false },
    ]);
  });

  it('says of a registry that refuses or does not answer why nothing is known', async () => {
    const releases = [release('1.0.0', [component('api', { image: `${front.host}/shop/api`, tag: '1.0.0' })])];
    front.behave('refuses');
    expect(await observeImagesOf(system, releases)).toMatchObject([
      { unknown: 'the registry refused with 403, asked without credentials' },
    ]);
    front.behave('hangs');
    expect(await observeImagesOf(system, releases)).toMatchObject([
      { unknown: 'the registry did not answer within 2 s' },
    ]);
  });

  it('asks nothing where no release has an image', async () => {
    const folder = {
      service: 'api',
      kind: 'folder',
      identity: NEVER_PUSHED,
      bytes: 1,
      command: ['x'],
      producedBy: '1.0.0',
    } as const;
    expect(await observeImagesOf(system, [{ ...release('1.0.0', []), components: [folder] }])).toEqual([]);
  });
});
