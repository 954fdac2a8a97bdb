import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  startEmbeddedPostgres,
} from '../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';
import { startSteadyLoad } from '../support/steady-load.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;
let patch = 0;
/** The release that serves. */
let serving = '1.0.0';

beforeAll(async () => {
  server = await startEmbeddedPostgres();
  tiny = await createDeployment(server, 'failures');
  await tiny.writeDeployment(
    (text) => `${text.replace(/(api: .*)settle: 150ms/, '$1settle: 2s')}locks: { wait: 2s }\n`,
  );
  await tiny.publish('1.0.0');
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  await tiny.query("insert into item select n, 'item ' || n from generate_series(1, 1000) n");
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

async function publishNext(options: Parameters<TestDeployment['publish']>[1] = {}): Promise<string> {
  patch += 1;
  const version = `1.0.${patch}`;
  await tiny.publish(version, options);
  return version;
}

async function expectServing(version: string): Promise<void> {
  serving = version;
  const status = JSON.parse((await tiny.onward(['status', '--json'])).stdout);
  expect(status.release).toBe(version);
  expect(status.run).toBeUndefined();
  expect((await tiny.onward(['doctor'])).stdout).toMatch(/^Nothing to repair/);
}

describe('a release that gets ready and dies', () => {
  it('is noticed while the old instances stand by, and is taken back', async () => {
    await publishNext({ behaviour: { api: { diesAfterMs: 900, mark: 'dies' } } });
    const load = startSteadyLoad([tiny.ports.web]);
    const result = await tiny.onward(['upgrade', '--yes']);
    const report = await load.stop();
    expect(result.stderr).toMatch(/Could not roll api: \S+ became ready and then ended \(exit code 7\)\./);
    expect(result.exit).toBe(3);
    expect(report.failures).toEqual([]);
    await expectServing('1.0.0');
  });
});

describe('a migration that fails', () => {
  it('at its third statement leaves nothing of its file, and no service is touched', async () => {
    await publishNext({
      behaviour: { api: { mark: 'after' } },
      migrations: {
        'expand/001_good.sql': 'alter table item add column good text;\n',
        'expand/002_bad.sql':
          'alter table item add column first text;\nalter table item add column second text;\nupdate item set id = 2 where id = 1; -- onward:allow data-change until 9.0.0: it is there to fail\n',
      },
    });
    const runsBefore = await tiny.query('select id from onward.migration');
    const result = await tiny.onward(['upgrade', '--yes']);
    expect(result.exit).toBe(4);
    expect(result.stderr).toContain('core/1.0.2/expand/002_bad.sql:3:1');
    expect(result.stderr).toContain('duplicate key value violates unique constraint');
    expect(result.stderr).toContain('Serving: 1.0.0; no service was touched.');
    const columns = await tiny.query(
      "select attname from pg_attribute where attrelid = 'item'::regclass and attnum > 0 order by attnum",
    );
    expect(columns.map((row) => row.attname)).toEqual(['id', 'name', 'good']);
    expect((await tiny.query('select id from onward.migration')).length).toBe(runsBefore.length + 1);
  });

  it('is left behind by a release that mends it', async () => {
    await tiny.query('delete from item where id = 1');
    expect((await tiny.onward(['upgrade', '--yes'])).exit).toBe(0);
    await expectServing('1.0.2');
  });
});

describe('a lock holder that never lets go', () => {
  it('stops the run cleanly and is named', async () => {
    await publishNext({ migrations: { 'expand/001_wait.sql': 'alter table item add column waited text;\n' } });
    const system = createSystem({ environment: {}, onEvent: () => {} });
    const target = await resolveConnectionTarget({ url: tiny.databaseUrl, origin: 'test', environment: {} });
    const holder = await system.postgres.connect(target, { applicationName: 'nightly report' });
    await holder.query('begin');
    await holder.query('select count(*) from item');
    const result = await tiny.onward(['upgrade', '--yes']);
    await holder.query('rollback');
    await holder.close();
    expect(result.stderr).toContain('nightly report');
    expect(result.stderr).toContain(`pid ${holder.backendPid}`);
    expect(result.exit).toBe(1);
    await expectServing(serving);
    expect((await tiny.onward(['upgrade', '--yes'])).exit).toBe(0);
    await expectServing('1.0.3');
  });
});

describe('Postgres restarted in the middle of a run', () => {
  it.each(['stage', 'create:api', 'switch:api', 'postdeploy'])('at %s ends whole', async (key) => {
    const version = await publishNext({
      behaviour: { api: { mark: `restart ${key}` } },
      migrations: { 'postdeploy/001_x.sql': `alter table item add column p${patch + 1} text;\n` },
    });
    const said = (await tiny.events()).length;
    const running = tiny.start(['upgrade', '--yes']);
    await eventually(tiny.events, (text) => text.slice(said).includes(`"${key}`), 30_000);
    await server.stop('immediate');
    await server.start();
    const first = await running.ended;
    // It may have gone through, stopped where it stood, or gone back: what counts is that running it again ends whole.
    const again = await tiny.onward(['upgrade', '--yes']);
    expect([0, 3, 4], first.stderr).toContain(first.exit);
    expect(again.exit, again.stderr).toBe(0);
    await expectServing(version);
  });
});
