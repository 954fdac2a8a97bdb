import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProject, docker, removeProject } from './docker.ts';
import { REGISTRY_LOGIN, type Registry, startRegistry, startRegistryFront } from './registry.ts';
import { buildServiceImage } from './service-image.ts';

const project = createProject('registry');
let image = '';
let open: Registry;

beforeAll(async () => {
  image = await buildServiceImage({ project, name: 'api', tag: '1.0.0', base: 'busybox' });
  open = await startRegistry();
});
afterAll(async () => {
  await open.close();
  await removeProject(project);
});

describe('startRegistry()', () => {
  it('takes an image and gives it by its digest', async () => {
    const digest = await open.push(image, 'shop/api:1.0.0');
    const name = `${open.host}/shop/api@${digest}`;
    await expect(docker(['image', 'inspect', name])).rejects.toThrow('No such image');
    await docker(['pull', '--quiet', name]);
    expect(await docker(['image', 'inspect', '--format', '{{.Id}}', name])).toBe(
      await docker(['image', 'inspect', '--format', '{{.Id}}', image]),
    );
    await docker(['image', 'rm', name]);
  });

  it('asks for the login where it needs one', async () => {
    const closed = await startRegistry({ needsLogin: true });
    try {
      const digest = await closed.push(image, 'shop/api:1.0.0');
      const name = `${closed.host}/shop/api@${digest}`;
      const nobody = { DOCKER_CONFIG: open.configFolder };
      await expect(docker(['pull', name], { environment: nobody })).rejects.toThrow('no basic auth credentials');
      await docker(['pull', name], { environment: { DOCKER_CONFIG: closed.configFolder } });
      await docker(['image', 'rm', name]);
      const authorization = `Basic ${btoa(`${REGISTRY_LOGIN.user}:${REGISTRY_LOGIN.password}`)}`;
      expect((await fetch(`http://${closed.host}/v2/`, { headers: { authorization } })).status).toBe(200);
    } finally {
      await closed.close();
    }
  });
});

describe('startRegistryFront()', () => {
  it('passes, refuses, refuses the layers alone, and hangs', async () => {
    const front = await startRegistryFront(open.host);
    try {
      const digest = await open.push(image, 'shop/api:1.0.0');
      const name = `${front.host}/shop/api@${digest}`;
      // The engine asks for no layer that it has.
      await docker(['image', 'rm', image]);
      front.behave('refuses');
      await expect(docker(['pull', name])).rejects.toThrow(/denied/);
      front.behave('refuses-layers');
      await expect(docker(['pull', name])).rejects.toThrow(/denied/);
      front.behave('hangs');
      await expect(docker(['pull', name], { limitMs: 500 })).rejects.toThrow();
      front.behave('passes');
      await docker(['pull', '--quiet', name]);
      await docker(['image', 'rm', name]);
    } finally {
      front.close();
    }
  });
});
