import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../src/model/index.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { type ComposeDeployment, createComposeDeployment } from '../support/compose-deployment.ts';
import { docker } from '../support/docker.ts';
import { eventually } from '../support/eventually.ts';
import { type RegistryFront, startRegistryFront } from '../support/registry.ts';
import { type SteadyLoad, startSteadyLoad } from '../support/steady-load.ts';

/** Kinds of records at which one run of containers is cut off, in their order; the moments are chosen by a seed. */
const SEED = Number(process.env.ONWARD_CRASH_SEED ?? Math.floor(Math.random() * 1e6));
const POINTS = ['result \\S* create:api', 'result \\S* switch:api:shift', 'intent \\S* stop:', 'intent \\S* remove:'];

let server: EmbeddedPostgres;
let tiny: ComposeDeployment;
let front: RegistryFront;
let load: SteadyLoad;
let patch = 0;

beforeAll(async () => {
  console.log(`crash points in Compose: seed ${SEED}`);
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createComposeDeployment(server, 'compose-fail', {
    async imageHost(registry) {
      front = await startRegistryFront(registry);
      return front.host;
    },
  });
  await tiny.publish('1.0.0');
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  load = startSteadyLoad([tiny.port]);
});
afterAll(async () => {
  const report = await load?.stop();
  await tiny?.remove();
  front?.close();
  await server?.remove();
  expect(report?.failures).toEqual([]);
});

const next = () => {
  patch += 1;
  return `1.0.${patch}`;
};
const version = async () =>
  ((await (await fetch(`http://127.0.0.1:${tiny.port}/version`)).json()) as { version: string }).version;

/** Two of api and one worker run, in one release, and nothing else is left; the doctor has nothing to repair. */
async function expectWhole(release: string, image: string, at: string): Promise<void> {
  expect(await version(), at).toBe(image);
  const api = await tiny.containers('api');
  expect(
    api.filter(({ state }) => state === 'running'),
    at,
  ).toHaveLength(2);
  expect(new Set(api.filter(({ state }) => state === 'running').map(({ image: found }) => found)).size, at).toBe(1);
  const status = JSON.parse((await tiny.onward(['status', '--json'])).stdout);
  expect(status, at).toMatchObject({ release });
  expect(status.run, at).toBeUndefined();
  expect((await tiny.onward(['doctor'])).stdout, at).toMatch(/^Nothing to repair/);
}

describe('an upgrade in Compose that does not go as it should', () => {
  it('ends on the new release although it is killed again and again, and leaves no container over', async () => {
    const release = next();
    await tiny.publish(release, { api: { mark: release }, worker: { mark: release } });
    let state = SEED;
    for (const point of POINTS) {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
      const moment = state % 2 === 0 ? 'before' : 'after';
      const killed = await tiny.onward(['upgrade', '--yes'], { ONWARD_CRASH: `${moment}=^\\d+ ${point}` });
      expect(killed.signal, `${moment} ${point} was not reached:\n${killed.stderr}`).toBe('SIGKILL');
    }
    const again = await tiny.onward(['upgrade', '--yes']);
    expect(again.exit, again.stderr).toBe(0);
    await expectWhole(release, release, 'killed again and again');
    expect(await tiny.containers('api')).toHaveLength(2);
    expect(await tiny.containers('worker')).toHaveLength(1);
  }, 240_000);

  it('goes back to the very containers of before when a release does not become ready, its one-shot too, and plain Compose leaves them alone', async () => {
    const before = await tiny.containers('api');
    const worker = await tiny.containers('worker');
    const old = `1.0.${patch}`;
    const bad = next();
    const override = join(tiny.operator, 'compose.override.yaml');
    const text = await readFile(override, 'utf8');
    const migrate = await tiny.containers('migrate');
    await tiny.publish(bad, {
      api: { neverReady: true, why: 'no such table' },
      worker: { mark: bad },
      migrate: { mark: bad },
    });
    await tiny.write('onward.yaml', (text) => text.replace(/(api: .*)readyTimeout: 20s/, '$1readyTimeout: 5s'));
    const result = await tiny.onward(['upgrade', '--yes']);
    expect(result.exit, result.stderr).toBe(3);
    expect(result.stderr).toContain('no such table');
    await expectWhole(old, old, 'never ready');
    const running = (await tiny.containers('api')).filter(({ state }) => state === 'running');
    expect(running).toEqual(before);
    expect(await tiny.containers('migrate')).toEqual(migrate);
    expect(await readFile(override, 'utf8')).toBe(text);
    // What depends on it was made meanwhile, never started, and is gone again.
    const effects = (await journal()).filter(({ step, kind }) => step.endsWith(':worker') && kind === 'result');
    expect(effects.map(({ key }) => key.split(':')[0])).toEqual(['create', 'remove']);
    expect(await tiny.containers('worker')).toEqual(worker);
    await tiny.write('onward.yaml', (text) => text.replace('readyTimeout: 5s', 'readyTimeout: 20s'));
    expect(await tiny.containers('api')).toEqual(before);
    await tiny.compose(['up', '--detach']);
    expect((await tiny.containers('api')).filter(({ state }) => state === 'running')).toEqual(before);
    expect(await tiny.containers('worker')).toEqual(worker);
  }, 120_000);

  it('says that the registry refuses, before anything has changed, and goes through once it does not', async () => {
    const before = [await tiny.containers('api'), await tiny.containers('worker')];
    const release = next();
    await tiny.publish(release, { api: { mark: release, ignoresSigterm: true } });
    front.behave('refuses');
    const refused = await tiny.onward(['upgrade', '--yes']);
    front.behave('passes');
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain('runtime.pull-refused');
    expect(refused.stderr).toContain('no service was touched');
    expect([await tiny.containers('api'), await tiny.containers('worker')]).toEqual(before);
    expect((await tiny.onward(['upgrade', '--yes'])).exit).toBe(0);
    await expectWhole(release, release, 'refused');
  }, 120_000);

  it('kills what ignores SIGTERM once its grace period is over, refuses a second operator meanwhile, and takes no notice of a tag that moved', async () => {
    const [old] = await tiny.containers('api');
    const release = next();
    await tiny.publish(release, { api: { mark: release } });
    // Somebody builds something else under the tag that the release was built from.
    await docker([
      'tag',
      (await tiny.containers('worker'))[0]?.image ?? '',
      `${tiny.registry.host}/tiny/api:${release}`,
    ]);
    await docker(['push', '--quiet', `${tiny.registry.host}/tiny/api:${release}`]);
    const running = tiny.start(['upgrade', '--yes']);
    await eventually(
      async () => JSON.parse((await tiny.onward(['status', '--json'])).stdout).lease.kind,
      (lease) => lease === 'held',
      30_000,
    );
    const second = await tiny.onward(['upgrade', '--yes']);
    // A gate is shut, or the lease is not given: which of them it meets is a matter of moments.
    expect(second.stderr).toMatch(/error upgrade\.(lease-held|gate-closed)/);
    expect(second.stderr).toMatch(/holds (it|the lease) for another/);
    expect(second.exit).toBe(1);
    const result = await running.ended;
    expect(result.exit, result.stderr).toBe(0);
    expect(await version()).toBe(release);
    expect((await tiny.onward(['doctor'])).stdout).toContain('points to another image now');
    expect(await docker(['ps', '--all', '--quiet', '--filter', `id=${old?.id}`])).toBe('');
    const stopped = (await journal()).filter(({ key, kind }) => key.startsWith('stop:') && kind === 'result');
    expect(stopped).toHaveLength(2);
  }, 120_000);
});

async function journal(): Promise<readonly JournalRecord[]> {
  const runs = join(tiny.stateDirectory, 'runs');
  const newest = (await readdir(runs)).sort().at(-1) ?? '';
  const name = (await readdir(join(runs, newest))).find((each) => each.startsWith('journal-')) ?? '';
  const text = await readFile(join(runs, newest, name), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalRecord);
}
