import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { createComposeDeployment } from '../support/compose-deployment.ts';
import { docker } from '../support/docker.ts';
import { freePort } from '../support/free-port.ts';
import { startHaproxy } from '../support/haproxy.ts';
import { describeSweep, type Swept } from './sweep.ts';
import { expectLedger, expectServers, expectStatus, readIdentities, renderMigrations } from './whole.ts';

const LIMITS = 'drain: 2s, grace: 1s, settle: 150ms';
const STATES = { migrate: ['stopped'], api: ['running', 'running'], worker: ['running'] };

describeSweep('containers of Compose behind HAProxy', async (server): Promise<Swept> => {
  const proxy = await startHaproxy();
  const worker = await freePort();
  const tiny = await createComposeDeployment(server, 'sweeps', {
    services: () => `
  migrate: { runtime: compose, roll: one-shot, readyTimeout: 30s }
  api: { runtime: compose, replicas: 2, switch: ${proxy.switchTo('api')}, readyTimeout: 30s, ${LIMITS} }
  worker: { runtime: compose, roll: stop-first, switch: ${proxy.switchTo('worker')}, readyTimeout: 30s, ${LIMITS} }
`,
  });
  await tiny.publish('1.0.0');
  const installed = await tiny.onward(['provision', '--yes']);
  expect(installed.exit, installed.stderr).toBe(0);
  await proxy.route({ mode: 'http', port: tiny.port });
  await proxy.route({ mode: 'http', port: worker, backend: 'worker' });
  const { stateDirectory, onward, project } = tiny;
  let migrations = 1;
  return {
    ...{ stateDirectory, onward, ports: [tiny.port, worker] },
    async publish(version, kind) {
      const files = Object.entries(kind === 'good' ? renderMigrations(version) : {});
      for (const [path, text] of files) {
        const file = join(tiny.folder, 'vendor/migrations/core', version, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text);
      }
      migrations += files.length;
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
      const format = '{{.Name}} {{.State}}';
      const list = ['ps', '--all', '--format', format.replace('Name', 'Names'), '--filter', `name=${project}`];
      const names = (await docker(list)).split('\n').sort();
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
      await expectLedger(`${server.url}/${project.replaceAll('-', '_')}`, migrations);
    },
    async remove() {
      await tiny.remove();
      await proxy.remove();
    },
  };
});

const addressOf = (container: string) =>
  docker(['inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', container]);

/** What Onward keeps beside its runs. */
async function expectNothingLeftOver(operator: string, ids: ReadonlyMap<string, readonly string[]>): Promise<void> {
  const bases = [...ids.values()].flatMap((each) => each.slice(0, 1)).map((id) => id.replace(/-\d+$/, '.json'));
  expect((await readdir(join(operator, '.onward/compose/instances'))).sort()).toEqual(bases.sort());
  expect((await readdir(operator)).sort()).toEqual(
    ['.env', '.onward', 'compose.override.yaml', 'compose.yaml', 'onward.yaml'].sort(),
  );
  const rest = (await readdir(join(operator, '.onward'))).filter((name) => !KEPT.includes(name));
  expect(rest).toEqual([]);
}

const KEPT = ['compose', 'config.key', 'epochs', 'haproxy', 'holder.json', 'runs', 'configuration'];
