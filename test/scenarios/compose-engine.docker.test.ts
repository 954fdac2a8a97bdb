import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get, type RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { type ComposeDeployment, createComposeDeployment } from '../support/compose-deployment.ts';
import { runOnward } from '../support/deployment.ts';
import { createProject, docker, removeProject } from '../support/docker.ts';
import { countingEffects } from '../support/effects.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { haproxyImage } from '../support/images.ts';
import { type PrivateDockerd, startPrivateDockerd } from '../support/private-dockerd.ts';
import { buildServiceImage } from '../support/service-image.ts';
import { startSteadyLoad } from '../support/steady-load.ts';

let server: EmbeddedPostgres;
let dockerd: PrivateDockerd;
let tiny: ComposeDeployment;

beforeAll(async () => {
  [server, dockerd] = await Promise.all([
    startEmbeddedPostgres({ isDurable: false }),
    startPrivateDockerd({ isLiveRestoring: true }),
  ]);
  tiny = await createComposeDeployment(server, 'compose-engine', { host: dockerd.host });
  await tiny.publish('1.0.0');
  const installed = await tiny.onward(['provision', '--yes']);
  expect(installed.exit, installed.stderr).toBe(0);
}, 180_000);
afterAll(async () => {
  await tiny?.remove();
  await dockerd?.close();
  await server?.remove();
});

const version = async () =>
  (await (await fetch(`http://127.0.0.1:${tiny.port}/version`)).json()) as { version: string };

describe('an upgrade whose engine', () => {
  it('is restarted midway goes on when it is back, and fails no request where containers go on meanwhile', async () => {
    const load = startSteadyLoad([tiny.port]);
    await tiny.publish('1.1.0', { api: { startMs: 3_000 } });
    const running = tiny.start(['upgrade', '--yes']);
    await eventually(
      async () => (await tiny.containers('api')).filter(({ state }) => state === 'running').length,
      // Killed while it starts a container, an engine says ever after that it is there already, and does not start it.
      (count) => count > 3,
      60_000,
    );
    await dockerd.kill();
    await dockerd.start();
    const result = await running.ended;
    expect(result.exit, result.stderr).toBe(0);
    expect(await version()).toMatchObject({ version: '1.1.0' });
    expect((await load.stop()).failures).toEqual([]);
    expect(await tiny.containers('api')).toHaveLength(2);
  }, 180_000);

  it('has no room says so before anything has changed', async () => {
    await tiny.publish('1.2.0', { api: { mark: 'larger' } });
    const before = await tiny.containers('api');
    await dockerd.disk.fill();
    const refused = await tiny.onward(['upgrade', '--yes']);
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain('error runtime.no-image-room');
    expect(refused.stderr).toContain('no service was touched');
    await dockerd.disk.makeRoom();
    expect(await tiny.containers('api')).toEqual(before);
    const again = await tiny.onward(['upgrade', '--yes']);
    expect(again.exit, again.stderr).toBe(0);
    expect(await version()).toMatchObject({ version: '1.2.0' });
  }, 180_000);
});

describe('a machine that starts again', () => {
  it('in the middle of an upgrade comes back with what the next command makes whole', async () => {
    await tiny.publish('1.3.0', { api: { mark: 'reboot', startMs: 1_000 } });
    const running = tiny.start(['upgrade', '--yes']);
    await eventually(
      async () => (await tiny.containers('api')).length,
      (count) => count > 2,
      60_000,
    );
    running.kill('SIGKILL');
    await running.ended;
    await dockerd.reboot();
    const again = await tiny.onward(['upgrade', '--yes']);
    expect(again.exit, again.stderr).toBe(0);
    expect(await version()).toMatchObject({ version: '1.3.0' });
    expect(await states()).toEqual(['running', 'running', 'running']);
  }, 180_000);

  it('after an upgrade comes back with that release alone, and the switch is given its addresses', async () => {
    const before = [await tiny.containers('api'), await tiny.containers('worker')].flat().map(({ id }) => id);
    await dockerd.reboot();
    await eventually(states, (found) => found.every((state) => state === 'running'), 30_000);
    const after = [await tiny.containers('api'), await tiny.containers('worker')].flat().map(({ id }) => id);
    expect(after).toEqual(before);
    const again = await tiny.onward(['upgrade', '--yes']);
    expect(again.exit, again.stderr).toBe(0);
    expect(await version()).toMatchObject({ version: '1.3.0' });
  }, 180_000);
});

describe('a project whose traffic was brought behind the switch', () => {
  let folder: string;
  let port: number;
  let image: string;
  const project = createProject('engine-adopt');
  const host = () => ({ host: dockerd.host });
  const traffic = (kill?: string) =>
    runOnward(['adopt', 'traffic', '--yes', '--image', image], {
      cwd: folder,
      environment: { DOCKER_HOST: dockerd.host, ...(kill === undefined ? {} : countingEffects(folder, kill)) },
    }).ended;
  const address = (name: string) =>
    docker(['inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', name], host());
  /** Who answers at the port of the host, and to whom the switch leads other services. */
  const answers = async () => {
    const outside = ask({ host: '127.0.0.1', port });
    const inside = ask({ host: await address(`${project}-onward-switch-1`), port: 8080, headers: { host: 'web' } });
    return Promise.all([outside, inside]);
  };
  const ask = (to: RequestOptions) =>
    new Promise<string | undefined>((resolve) => {
      const asked = get({ ...to, path: '/version', agent: false, timeout: 2_000 }, async (answer) => {
        const text = await answer.toArray().then((pieces) => pieces.join(''), String);
        resolve(/"version":"(\w+)"/.exec(text)?.[1]);
      });
      asked.on('timeout', () => asked.destroy());
      asked.on('error', () => resolve(undefined));
    });

  beforeAll(async () => {
    [folder, port, image] = await Promise.all([mkdtemp(join(tmpdir(), `${project}-`)), freePort(), haproxyImage()]);
    await dockerd.load(image);
    for (const name of ['api', 'web', 'other'])
      await dockerd.load(await buildServiceImage({ project, name, tag: name, base: 'busybox' }));
    const restarting = (name: string, more: string) => `  ${name}: { image: "${project}/${name}:${name}", ${more} }\n`;
    const services = [
      restarting('api', `restart: always, ports: ["127.0.0.1:${port}:8080"]`),
      restarting('web', 'restart: unless-stopped, expose: ["8080"]'),
      restarting('other', 'restart: always'),
    ];
    await writeFile(join(folder, 'compose.yaml'), `name: ${project}\nservices:\n${services.join('')}`);
    const service = (name: string) =>
      `  ${name}: { runtime: compose, port: 8080, ready: { http: /ready }, switch: { haproxy: { socket: ./haproxy/run/admin.sock, backend: ${name}, file: ./haproxy/backends/${name}.cfg } } }\n`;
    await writeFile(
      join(folder, 'onward.yaml'),
      `deployment: adopted\nreleases: { source: ./releases }\ndatabases: { core: { url: "${server.url}/postgres" } }\ncompose: {}\nservices:\n${service('api')}${service('web')}`,
    );
    await docker(['compose', 'up', '--detach'], { cwd: folder, ...host() });
  }, 180_000);
  afterAll(async () => {
    await removeProject(project);
    await rm(folder, { recursive: true, force: true });
    await rm(`${folder}.effects`, { force: true });
  });

  it('is brought there by the same command when the machine starts again in the middle', async () => {
    const killed = await traffic('ends docker stop');
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    await dockerd.reboot();
    const again = await traffic();
    expect(again.exit, again.stderr).toBe(0);
    expect(await eventually(answers, (found) => found.every(Boolean))).toEqual(['api', 'web']);
    const running = await docker(
      ['ps', '--all', '--format', '{{.Names}} {{.Ports}}', '--filter', `name=^${project}-api-`],
      host(),
    );
    expect(running).toMatch(/^\S+-api-2 \S*$/);
    expect(running).not.toContain('->');
  }, 120_000);

  it('is there again when the machine has started again, whatever addresses its containers get', async () => {
    await dockerd.reboot();
    expect(await eventually(answers, (found) => found.every(Boolean), 30_000)).toEqual(['api', 'web']);
    const [web, other] = [`${project}-web-1`, `${project}-other-1`];
    // Each gets the lowest address that is free: the other one's.
    const before = [await address(web), await address(other)];
    await docker(['stop', '--time', '0', web, other], host());
    const isWebLower = Number(before[0]?.split('.')[3]) < Number(before[1]?.split('.')[3]);
    for (const name of isWebLower ? [other, web] : [web, other]) await docker(['start', name], host());
    expect([await address(other), await address(web)]).toEqual(before);
    await docker(['restart', '--time', '0', `${project}-onward-switch-1`], host());
    expect(await eventually(answers, (found) => found.every(Boolean), 30_000)).toEqual(['api', 'web']);
  }, 120_000);
});

const states = async () =>
  [await tiny.containers('api'), await tiny.containers('worker')].flat().map(({ state }) => state);
