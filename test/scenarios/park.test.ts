import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;
let patch = 0;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'park');
  await tiny.writeDeployment((text) => text.replace(/(worker: .*)readyTimeout: 10s/, '$1readyTimeout: 4s'));
  await tiny.publish('1.0.0');
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});
afterEach(async () => {
  expect((await tiny.onward(['doctor'])).stdout).toMatch(/^Nothing to repair/);
});

async function publishNext(options: Parameters<TestDeployment['publish']>[1] = {}): Promise<string> {
  patch += 1;
  const version = `1.0.${patch}`;
  const behaviour = { api: { mark: version }, worker: { mark: version }, ...options.behaviour };
  await tiny.publish(version, { ...options, behaviour });
  return version;
}

async function running(): Promise<Record<string, string>> {
  const status = JSON.parse((await tiny.onward(['status', '--json'])).stdout);
  const services = status.services as { service: string; running: { release: string; instances: number }[] }[];
  return Object.fromEntries(
    services.map((found) => [
      found.service,
      found.running.map(({ release, instances }) => `${instances} x ${release}`).join(),
    ]),
  );
}

describe('onward upgrade', () => {
  it('--until expand stops with the schema expanded and every service as it was, and goes on when it is run again', async () => {
    const before = await running();
    const version = await publishNext({
      migrations: { 'expand/001_c.sql': 'alter table item add column until_expand text;\n' },
    });
    const parked = await tiny.onward(['upgrade', '--yes', '--until', 'expand']);
    expect(parked.exit).toBe(5);
    expect(await running()).toEqual(before);
    expect((await tiny.query("select 1 from pg_attribute where attname = 'until_expand'")).length).toBe(1);
    const status = await tiny.onward(['status']);
    expect(status.stdout).toMatch(
      /is parked after: Expand the schema\.\n-> Run "onward upgrade" to go on, or "onward rollback" to go back\.\n$/,
    );
    expect(status.exit).toBe(5);
    const again = await tiny.onward(['upgrade']);
    expect(again.stderr).toMatch(
      /^Found run \S+ from 1\.0\.0 to 1\.0\.1: it is parked after expand; no service had begun to roll\. It goes on\.\n/,
    );
    expect(again.exit).toBe(0);
    expect(await running()).toMatchObject({ api: `2 x ${version}`, worker: `1 x ${version}` });
  });

  it('refuses another target while a run has not ended, and rollback takes that run back', async () => {
    const before = await running();
    await publishNext();
    expect((await tiny.onward(['upgrade', '--yes', '--until', 'roll'])).exit).toBe(5);
    const other = await tiny.onward(['upgrade', '--yes', '--version', '1.0.0']);
    expect(other.stderr).toContain('error upgrade.other-run-unfinished');
    expect(other.exit).toBe(1);
    const back = await tiny.onward(['rollback']);
    expect(back.exit).toBe(3);
    expect(await running()).toEqual(before);
  });

  it('parks at a safe place on the first Ctrl-C', async () => {
    await publishNext();
    const said = (await tiny.events()).length;
    const run = tiny.start(['upgrade', '--yes']);
    await eventually(tiny.events, (text) => text.slice(said).includes('"key":"create:api'), 30_000);
    run.kill('SIGINT');
    const parked = await run.ended;
    expect(parked.exit, parked.stderr).toBe(5);
    expect((await tiny.onward(['upgrade'])).exit).toBe(0);
  });

  it('<service> rolls that one and waits for the others to be taken along', async () => {
    const version = await publishNext();
    const before = await running();
    const one = await tiny.onward(['upgrade', 'api', '--yes']);
    expect(one.exit).toBe(5);
    expect(await running()).toEqual({ ...before, api: `2 x ${version}` });
    expect((await tiny.onward(['upgrade'])).exit).toBe(0);
    expect(await running()).toMatchObject({ api: `2 x ${version}`, worker: `1 x ${version}` });
  });

  it('--rollback none leaves what failed to be looked at, until onward rollback', async () => {
    const before = await running();
    await publishNext({ behaviour: { worker: { neverReady: true, why: 'look at me' } } });
    const failed = await tiny.onward(['upgrade', '--yes', '--rollback', 'none']);
    expect(failed.exit).toBe(4);
    expect((await running()).worker).toBe(`1 x ${before.worker?.slice(4)},1 x 1.0.${patch}`);
    expect((await tiny.onward(['rollback'])).exit).toBe(3);
    expect(await running()).toEqual(before);
  });

  it('--rollback service takes back the one that failed and leaves the others', async () => {
    const before = await running();
    const version = await publishNext({ behaviour: { worker: { neverReady: true, mark: 'again' } } });
    const failed = await tiny.onward(['upgrade', '--yes', '--rollback', 'service']);
    expect(failed.exit).toBe(4);
    expect(await running()).toEqual({ ...before, api: `2 x ${version}` });
    expect((await tiny.onward(['rollback'])).exit).toBe(3);
    expect(await running()).toEqual(before);
    await publishNext({ behaviour: { worker: { mark: 'mended' } } });
    expect((await tiny.onward(['upgrade', '--yes'])).exit).toBe(0);
  });

  it('--rollback service leaves what depends on the one that failed as it was', async () => {
    const before = await running();
    await tiny.writeDeployment((text) => text.replace(/(api: .*)readyTimeout: 10s/, '$1readyTimeout: 3s'));
    await publishNext({ behaviour: { api: { neverReady: true }, web: { mark: 'with a new api' } } });
    const failed = await tiny.onward(['upgrade', '--yes', '--rollback', 'service']);
    expect(failed.exit, failed.stderr).toBe(4);
    expect(await running()).toEqual(before);
    expect((await tiny.onward(['rollback'])).exit).toBe(3);
    expect(await running()).toEqual(before);
    await tiny.writeDeployment((text) => text.replace(/(api: .*)readyTimeout: 3s/, '$1readyTimeout: 10s'));
  });

  it('--plan applies a saved plan, and refuses it when the world has moved', async () => {
    const version = await publishNext();
    const file = join(tiny.folder, 'plan.json');
    expect((await tiny.onward(['plan', '--out', file])).exit).toBe(0);
    expect((await tiny.onward(['upgrade', '--plan', file, '--yes'])).stderr).toContain(`Serving: ${version}.`);
    const stale = await tiny.onward(['upgrade', '--plan', file, '--yes']);
    expect(stale.stderr).toContain('error upgrade.plan-void');
    expect(stale.exit).toBe(1);
  });
});

describe('onward status --watch', () => {
  it('shows a run of another terminal until it ends', async () => {
    const version = await publishNext();
    const said = (await tiny.events()).length;
    const run = tiny.start(['upgrade', '--yes']);
    await eventually(tiny.events, (text) => text.slice(said).includes('"step":"expand"'), 30_000);
    const watched = await tiny.onward(['status', '--watch']);
    expect((await run.ended).exit).toBe(0);
    expect(watched.stdout).toMatch(/^Run \S+ from \S+ to \S+ is at: .+; about .+ left\.$/m);
    expect(watched.stderr).toContain('Completed.');
    expect(watched.stdout).toContain(`tiny: release ${version}`);
    expect(watched.exit).toBe(0);
  });
});

describe('onward doctor', () => {
  it('names what does not run, with the command that brings it back', async () => {
    const version: string = JSON.parse((await tiny.onward(['status', '--json'])).stdout).release;
    expect((await tiny.onward(['down', '--yes'])).exit).toBe(0);
    const sick = await tiny.onward(['doctor']);
    expect(sick.stdout).toContain('api does not run.');
    expect(sick.stdout).toContain(`Run "onward upgrade --version ${version}" to bring it to the recorded release.`);
    expect(sick.exit).toBe(1);
    const repaired = await tiny.onward(['upgrade', '--version', version, '--yes']);
    expect(repaired.exit, repaired.stderr).toBe(0);
    expect(await running()).toMatchObject({ api: expect.stringMatching(/^2 x/), web: expect.stringMatching(/^1 x/) });
  });

  it('rolls a changed configuration out, and only to the service that it concerns', async () => {
    await tiny.writeDeployment((text) =>
      text.replace('worker: { runtime: process,', 'worker: { runtime: process, environment: { COLOUR: blue },'),
    );
    const stale = await tiny.onward(['doctor']);
    expect(stale.stdout).toMatch(/Instance worker-\S+ runs with an older configuration than onward\.yaml has\./);
    const plan = JSON.parse((await tiny.onward(['plan', '--json'])).stdout);
    expect(
      plan.hops[0].steps.flatMap((step: { roll?: { service: string; reason: string } }) => step.roll ?? []),
    ).toMatchObject([{ service: 'worker', reason: 'new-config' }]);
    expect((await tiny.onward(['upgrade', '--yes'])).exit).toBe(0);
  });
});

describe('a release whose old artifacts do not work behind postdeploy', () => {
  it('is not taken back once postdeploy has begun, and goes on when the reason is gone', async () => {
    await tiny.query("insert into item values (1, 'one')");
    const version = await publishNext({
      migrations: {
        'postdeploy/001_strict.sql': "alter table item add constraint not_one check (name <> 'one') not valid;\n",
        'postdeploy/002_validate.sql': 'alter table item validate constraint not_one;\n',
      },
      details: 'rollback: { until: roll }\n',
    });
    const failed = await tiny.onward(['upgrade', '--yes']);
    expect(failed.exit, failed.stderr).toBe(4);
    expect((await running()).api).toBe(`2 x ${version}`);
    const back = await tiny.onward(['rollback']);
    expect(back.stderr).toContain('error upgrade.past-return');
    expect(back.exit).toBe(4);
    await tiny.query("update item set name = 'another'");
    expect((await tiny.onward(['upgrade'])).exit).toBe(0);
  });
});

describe('an address that is changed in onward.yaml', () => {
  it('is seen by the doctor and moved to by an upgrade to the same release', async () => {
    const { web } = tiny.ports;
    const other = await freePort();
    await tiny.writeDeployment((text) => text.replaceAll(`127.0.0.1:${web}`, `127.0.0.1:${other}`));
    expect((await tiny.onward(['doctor'])).stdout).toContain(
      `The switch listens for web on 127.0.0.1:${web}, and onward.yaml says 127.0.0.1:${other}.`,
    );
    const moved = await tiny.onward(['upgrade', '--yes']);
    expect(moved.exit, moved.stderr).toBe(0);
    expect((await fetch(`http://127.0.0.1:${other}/`)).status).toBe(200);
    await expect(fetch(`http://127.0.0.1:${web}/`)).rejects.toThrow();
  });
});
