import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { type ComposeDeployment, createComposeDeployment } from '../support/compose-deployment.ts';
import { freePort } from '../support/free-port.ts';
import { buildServiceImage } from '../support/service-image.ts';
import { startSteadyLoad } from '../support/steady-load.ts';

let server: EmbeddedPostgres;
let tiny: ComposeDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createComposeDeployment(server, 'compose');
  await tiny.publish('1.0.0');
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

const versions = async () => (await fetch(`http://127.0.0.1:${tiny.port}/version`)).json();

describe('an upgrade of services in Compose', () => {
  it('installs what compose.yaml describes, in the images of the release', async () => {
    const result = await tiny.onward(['provision', '--yes']);
    expect(result.stderr + result.stdout).toContain('1.0.0');
    expect(result.exit).toBe(0);
    expect(await versions()).toMatchObject({ version: '1.0.0' });
  });

  it('fails no request, and leaves what is carried alone', async () => {
    const load = startSteadyLoad([tiny.port]);
    const worker = await tiny.containers('worker');
    for (const version of ['1.1.0', '1.2.0']) {
      await tiny.publish(version, { api: { mark: version } });
      const result = await tiny.onward(['upgrade', '--yes']);
      expect(result.exit, result.stderr).toBe(0);
      expect(await versions()).toMatchObject({ version });
    }
    expect((await load.stop()).failures).toEqual([]);
    expect(await tiny.containers('worker')).toEqual(worker);
    expect(await tiny.containers('api')).toHaveLength(2);
  }, 180_000);

  it('leaves nothing to do for the operator\'s own "docker compose up -d"', async () => {
    const before = [await tiny.containers('api'), await tiny.containers('worker')];
    await tiny.compose(['up', '--detach']);
    expect([await tiny.containers('api'), await tiny.containers('worker')]).toEqual(before);
  });

  it('notices that a tag was pushed again, and changes nothing by it', async () => {
    const doctor = async () => (await tiny.onward(['doctor'])).stdout.split('\n');
    const moved = (line: string) => line.startsWith('warning  Tag ');
    expect((await doctor()).filter(moved)).toEqual([]);
    const before = await tiny.containers('api');
    const other = await buildServiceImage({ project: tiny.project, name: 'other', tag: '1', base: 'busybox' });
    const digest = await tiny.registry.push(other, 'tiny/api:1.2.0');
    expect((await doctor()).filter(moved)).toEqual([
      expect.stringMatching(
        `^warning  Tag 1\\.2\\.0 of ${tiny.registry.host}/tiny/api points to another image now \\(${digest.slice(7, 19)}\\): release 1\\.2\\.0 is pinned to [0-9a-f]{12}, and that is what runs\\.$`,
      ),
    ]);
    expect((await tiny.onward(['upgrade', '--yes'])).exit).toBe(0);
    expect(await tiny.containers('api')).toEqual(before);
  });

  it('stops first where only one container can have a port, says why in the plan, and holds requests meanwhile', async () => {
    const port = await freePort();
    await tiny.write('compose.yaml', (text) => text.replace('expose: ["8080"]', `ports: ["127.0.0.1:${port}:8080"]`));
    await tiny.write('onward.yaml', (text) => text.replace('replicas: 2', 'replicas: 1'));
    const load = startSteadyLoad([tiny.port]);
    for (const version of ['1.3.0', '1.4.0']) {
      await tiny.publish(version, { api: { mark: version } });
      const because = `stop-first, because only one can have port ${port} of this machine`;
      expect((await tiny.onward(['plan'])).stdout).toContain(because);
      const result = await tiny.onward(['upgrade', '--yes']);
      expect(result.exit, result.stderr).toBe(0);
      expect(await (await fetch(`http://127.0.0.1:${port}/version`)).json()).toMatchObject({ version });
    }
    expect((await load.stop()).failures).toEqual([]);
    expect(await tiny.containers('api')).toHaveLength(1);
  }, 180_000);

  it('is not begun while the engine is away; what can be told is told, what cannot is said to be so, and nothing changes', async () => {
    await tiny.publish('1.5.0', { api: { mark: '1.5.0' } });
    const before = [await tiny.containers('api'), await tiny.containers('worker')];
    const away = { DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    const ends: readonly (readonly [exit: number, said: string, ...args: string[]])[] = [
      [1, 'api      cannot be told', 'status'],
      [1, 'docker cannot be reached', 'doctor'],
      [1, 'closed  The Docker engine can be reached', 'plan'],
      [1, 'closed   The Docker engine can be reached', 'upgrade', '--yes'],
      [0, 'Nothing to do', 'contract', '--yes'],
      [0, 'none is needed', 'config', 'check'],
      [0, 'Nothing was ever accepted', 'accept', '--list'],
      [0, '1.3.0 -> 1.4.0', 'history'],
    ];
    for (const [exit, said, ...args] of ends) {
      const result = await tiny.onward(args, away);
      const all = result.stdout + result.stderr;
      expect({ args, exit: result.exit, all }).toEqual({ args, exit, all: expect.stringContaining(said) });
      expect(all).not.toMatch(/does not run|first start|\n\s+at /);
    }
    expect([await tiny.containers('api'), await tiny.containers('worker')]).toEqual(before);
  }, 180_000);
});
