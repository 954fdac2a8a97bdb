import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';

const ROWS = 300;
const NAME = 'onward_dual_write_split';

let server: EmbeddedPostgres;
let tiny: TestDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'dual');
  await tiny.publish('1.0.0');
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  await tiny.query(`insert into item (id, name) select n, 'a' || n || ' b' from generate_series(1, ${ROWS}) as n`);
  await tiny.publish('1.1.0', {
    behaviour: { web: { mark: '1.1.0' } },
    migrations: { 'expand/001_first.sql': 'alter table item add column first text;\n' },
    details: `dataMigrations:
  - id: split
    database: core
    table: item
    key: id
    set: first = split_part(name, ' ', 1)
    where: first is null
    verify: select count(*) from item where first is null
    before: postdeploy
    dualWrite:
      timing: before
      events: [insert, update]
      body: if new.first is null then new.first := split_part(new.name, ' ', 1); end if
`,
  });
});
afterAll(async () => {
  await tiny.remove();
  await server.remove();
});

async function isThere(): Promise<boolean> {
  return (await tiny.query(`select 1 from pg_trigger where tgname = '${NAME}'`)).length > 0;
}

describe('the trigger that a data migration declares', () => {
  it('is in the plan, and in place once the expand phase is applied, before anything rolls', async () => {
    expect((await tiny.onward(['plan'])).stdout).toContain(
      'Apply 1 expand migration, install 1 trigger that keeps rows in both shapes',
    );
    const expanded = await tiny.onward(['upgrade', '--yes', '--until', 'expand']);
    expect(expanded.exit, expanded.stderr).toBe(5);
    await tiny.query(`update item set name = 'Ada Lovelace' where id = 9`);
    expect(await tiny.query('select first from item where first is not null')).toEqual([{ first: 'Ada' }]);
  });

  it('comes back when somebody drops it while the run is unfinished, and stays when the run has ended', async () => {
    await tiny.query(`drop trigger ${NAME} on item`);
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(await isThere()).toBe(true);
    const status = await tiny.onward(['data-migrate', 'status', 'split']);
    expect(status.stdout).toContain('trigger for both shapes: in place');
  });

  it('is no drift while it is there, is drift when it is not, and is installed again by the expand phase', async () => {
    const clean = await tiny.onward(['doctor', '--drift']);
    expect(clean.exit, clean.stdout + clean.stderr).toBe(0);
    await tiny.query(`drop trigger ${NAME} on item; drop function ${NAME}`);
    const drifted = await tiny.onward(['doctor', '--drift']);
    expect(drifted.exit).toBe(1);
    expect(drifted.stdout).toContain(NAME);
    const refused = await tiny.onward(['data-migrate', 'run', 'split']);
    expect(refused.stderr).toContain('data-migrate.no-dual-write');
    expect(refused.stderr).toContain('onward migrate --phase expand');
    const expanded = await tiny.onward(['migrate', '--phase', 'expand']);
    expect(expanded.stdout).toContain('the trigger of data migration split is installed');
    expect((await tiny.onward(['data-migrate', 'run', 'split'])).exit).toBe(0);
    expect((await tiny.onward(['doctor', '--drift'])).exit).toBe(0);
    const again = await tiny.onward(['migrate', '--phase', 'expand']);
    expect(again.stdout).not.toContain('installed');
  });
});

describe('onward data-migrate run of one who is suspended for longer than the lease', () => {
  it('is taken over by another one, changes nothing more, and every row is changed once', async () => {
    await tiny.publish('1.2.0', {
      behaviour: { web: { mark: '1.2.0' } },
      migrations: { 'expand/001_times.sql': 'alter table item add column times int;\n' },
      details: `dataMigrations:
  - id: count
    database: core
    table: item
    key: id
    set: times = coalesce(times, 0) + 1
    where: times is null
    verify: select count(*) from item where times is null
    before: 2.0.0
    batch: { rows: 20 }
`,
    });
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    await tiny.query(
      `create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.01); return new; end $$`,
    );
    await tiny.query('create trigger slow before update on item for each row execute function slow()');
    const first = tiny.start(['data-migrate', 'run', 'count']);
    await eventually(
      () => tiny.query(`select 1 from onward.data_migration where id = 'count' and batches > 1`),
      (rows) => rows.length > 0,
    );
    first.kill('SIGSTOP');
    const early = await tiny.onward(['data-migrate', 'run', 'count']);
    expect(early.stderr).toContain('error upgrade.lease-held');
    await eventually(
      () => tiny.query('select 1 from onward.lease where expires_at > now()'),
      (rows) => rows.length === 0,
      30_000,
    );
    const second = await tiny.onward(['data-migrate', 'run', 'count']);
    expect(second.exit, second.stderr).toBe(0);
    first.kill('SIGCONT');
    const ended = await first.ended;
    expect(ended.exit, ended.stderr).not.toBe(0);
    expect(ended.stderr).toMatch(/upgrade\.lease-lost|data-migrate\.(fenced|taken-over|connection-lost)/);
    expect(
      await tiny.query(`select status, scanned::int as scanned, changed::int as changed,
        (select count(*)::int from item where times = 1) as once from onward.data_migration where id = 'count'`),
    ).toEqual([{ status: 'completed', scanned: ROWS, changed: ROWS, once: ROWS }]);
  });
});
