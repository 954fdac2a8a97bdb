import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { EmbeddedPostgres } from '../../src/system/index.ts';
import { createComposeDeployment } from '../support/compose-deployment.ts';
import { docker } from '../support/docker.ts';
import { freePort } from '../support/free-port.ts';
import { startHaproxy } from '../support/haproxy.ts';
import { startPrivateDockerd } from '../support/private-dockerd.ts';
import type { Swept } from './sweep.ts';
import { createMigrations, expectServers, expectStatus, readIdentities, restartOf } from './whole.ts';

const LIMITS = 'drain: 2s, grace: 1s, settle: 150ms';
const STATES = { migrate: ['stopped'], api: ['running', 'running'], worker: ['running'] };

/** A one-shot, a service that starts first and one that stops first, in an engine of their own, behind a HAProxy of the operator's. */
export async function createSweptCompose(server: EmbeddedPostgres): Promise<Swept> {
  const [proxy, dockerd] = await Promise.all([startHaproxy(), startPrivateDockerd({ isLiveRestoring: true })]);
  const worker = await freePort();
  const tiny = await createComposeDeployment(server, 'sweeps', {
    host: dockerd.host,
    services: () => `
  migrate: { runtime: compose, roll: one-shot, readyTimeout: 30s }
  api: { runtime: compose, replicas: 2, switch: ${proxy.switchTo('api')}, readyTimeout: 30s, ${LIMITS} }
  worker: { runtime: compose, roll: stop-first, switch: ${proxy.switchTo('worker')}, readyTimeout: 30s, ${LIMITS} }
`,
  });
  const migrations = createMigrations(
    join(tiny.folder, 'vendor/migrations'),
    `${server.url}/${tiny.project.replaceAll('-', '_')}`,
  );
  await migrations.ship('1.0.0');
  await tiny.publish('1.0.0');
  const installed = await tiny.onward(['provision', '--yes']);
  expect(installed.exit, installed.stderr).toBe(0);
  await proxy.route({ mode: 'http', port: tiny.port });
  await proxy.route({ mode: 'http', port: worker, backend: 'worker' });
  const { stateDirectory, onward, start, project } = tiny;
  const engine = { host: dockerd.host };
  const addressOf = (container: string) =>
    docker(['inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', container], engine);
  return {
    ...{ stateDirectory, onward, start, held: worker, ports: [tiny.port, worker] },
    faults: [
      {
        what: 'its engine',
        // Its containers go on, and so do requests.
        failsRequests: false,
        async strike() {
          await dockerd.kill();
          await dockerd.start();
        },
      },
      restartOf(proxy),
    ],
    async publish(version, kind) {
      if (kind === 'good') await migrations.ship(version);
      const mark = (service: string) => ({ mark: `${service} ${version}` });
      await tiny.publish(version, {
        ...{ migrate: mark('migrate'), api: mark('api') },
        worker: { ...mark('worker'), neverReady: kind === 'bad' },
      });
      await tiny.write('onward.yaml', (text) =>
        text.replace(/(worker: .*)readyTimeout: \w+/, `$1readyTimeout: ${kind === 'bad' ? '6s' : '30s'}`),
      );
    },
    async assertWhole(version) {
      const [ids, identities] = await Promise.all([
        expectStatus(onward, version, STATES),
        readIdentities(onward, version),
      ]);
      const list = ['ps', '--all', '--format', '{{.Names}} {{.State}}', '--filter', `name=${project}`];
      const names = (await docker(list, engine)).split('\n').sort();
      const container = (id: string) => `${project}-${id}`;
      const wanted = [...ids].flatMap(([service, each]) =>
        each.map((id) => `${container(id)} ${service === 'migrate' ? 'exited' : 'running'}`),
      );
      expect(names).toEqual(wanted.sort());
      const addresses = async (service: string) =>
        Promise.all((ids.get(service) ?? []).map(async (id) => `${id} ${await addressOf(container(id))}:8080`));
      await expectServers(proxy, 'api', await addresses('api'));
      await expectServers(proxy, 'worker', await addresses('worker'));
      const override = await readFile(join(tiny.operator, 'compose.override.yaml'), 'utf8');
      const images = [...override.matchAll(/^ {4}image: "\S+@(\S+)"$/gm)].map(([, digest]) => digest);
      expect(images).toEqual(['api', 'migrate', 'worker'].map((service) => identities.get(service)));
      await expectNothingLeftOver(tiny.operator, ids);
      await migrations.expectLedger(version);
    },
    async remove() {
      await tiny.remove();
      await proxy.remove();
      await dockerd.close();
    },
  };
}

/** What Onward keeps beside its runs. */
async function expectNothingLeftOver(operator: string, ids: ReadonlyMap<string, readonly string[]>): Promise<void> {
  const bases = [...ids.values()].flatMap((each) => each.slice(0, 1)).map((id) => id.replace(/-\d+$/, '.json'));
  expect((await readdir(join(operator, '.onward/compose/instances'))).sort()).toEqual(bases.sort());
  expect((await readdir(operator)).sort()).toEqual(
    ['.env', '.onward', 'compose.override.yaml', 'compose.yaml', 'onward.yaml'].sort(),
  );
  const rest = (await readdir(join(operator, '.onward'))).filter((name) => !KEPT.includes(name));
  expect(rest).toEqual([]);
  const records = (await readdir(join(operator, '.onward/commands'), { recursive: true })).filter(
    (path) => !SERVICES.includes(path),
  );
  expect(records).toEqual([]);
}

const SERVICES = Object.keys(STATES);
const KEPT = ['commands', 'compose', 'config.key', 'epochs', 'haproxy', 'holder.json', 'runs', 'configuration'];
