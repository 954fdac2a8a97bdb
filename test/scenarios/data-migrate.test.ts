import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';

const ROWS = 3_000;

let server: EmbeddedPostgres;
let tiny: TestDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'data');
  await tiny.publish('1.0.0');
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  await tiny.query(`insert into item (id, name) select n * 7, 'a' || n || ' b' from generate_series(1, ${ROWS}) as n`);
});
afterAll(async () => {
  await tiny.remove();
  await server.remove();
});

/** A release that adds a column, fills it in batches, and relies on it in postdeploy. */
async function publish(
  version: string,
  column: string,
  more: { readonly where?: string; readonly before?: string } = {},
): Promise<void> {
  const { where = `${column} is null`, before = 'postdeploy' } = more;
  await tiny.publish(version, {
    behaviour: { web: { mark: version } },
    migrations: {
      'expand/001_column.sql': `alter table item add column ${column} text;\n`,
      ...(before === 'postdeploy' && {
        'postdeploy/001_relied.sql': `alter table item add constraint ${column}_there check (${column} is not null) not valid;\n`,
      }),
    },
    details: `dataMigrations:
  - id: fill-${column}
    database: core
    table: item
    key: id
    set: ${column} = upper(name)
    where: ${where}
    verify: select count(*) from item where ${column} is null
    before: ${before}
    batch: { rows: 200 }
rollback: { until: postdeploy }
`,
  });
}

async function isRelied(column: string): Promise<boolean> {
  return (await tiny.query(`select 1 from pg_constraint where conname = '${column}_there'`)).length > 0;
}

describe('an upgrade with a data migration', () => {
  it('shows it in the plan, runs it to its end before postdeploy, and leaves its counters', async () => {
    await publish('1.1.0', 'loud');
    expect((await tiny.onward(['plan'])).stdout).toContain('Run 1 data migration: fill-loud');
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(await tiny.query('select count(*)::int as wrong from item where loud is distinct from upper(name)')).toEqual(
      [{ wrong: 0 }],
    );
    expect(await isRelied('loud')).toBe(true);
    const status = await tiny.onward(['data-migrate', 'status', 'fill-loud', '--json']);
    expect(status.exit, status.stderr).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject([
      { release: '1.1.0', status: { status: 'completed', scanned: ROWS, changed: ROWS, failed: 0, remaining: 0 } },
    ]);
  });

  it('goes on at the next batch after it was killed, and pauses when it is asked to', async () => {
    await publish('1.2.0', 'soft');
    await tiny.query(
      `create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.001); return new; end $$`,
    );
    await tiny.query('create trigger slow before update on item for each row execute function slow()');
    const killed = tiny.start(['upgrade', '--yes']);
    await eventually(
      () => tiny.query(`select 1 from onward.data_migration where id = 'fill-soft' and scanned > 0`),
      (rows) => rows.length > 0,
    );
    killed.kill('SIGKILL');
    expect((await killed.ended).signal).toBe('SIGKILL');
    expect(await isRelied('soft')).toBe(false);
    expect((await tiny.onward(['data-migrate', 'pause', 'fill-soft'])).exit).toBe(0);
    const paused = await tiny.onward(['upgrade', '--yes']);
    expect(paused.stderr).toContain('onward data-migrate resume fill-soft');
    expect(paused.stderr).toContain('The run is parked');
    expect(paused.exit).toBe(5);
    expect((await tiny.onward(['status'])).exit).toBe(5);
    expect(await isRelied('soft')).toBe(false);
    expect((await tiny.onward(['data-migrate', 'resume', 'fill-soft'])).exit).toBe(0);
    await tiny.query('drop trigger slow on item');
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    const [counters] = await tiny.query(
      `select scanned::int as scanned, changed::int as changed from onward.data_migration where id = 'fill-soft'`,
    );
    expect(counters).toEqual({ scanned: ROWS, changed: ROWS });
    expect(await isRelied('soft')).toBe(true);
  });

  it('keeps postdeploy shut while the verification counts rows, with the new release serving', async () => {
    await publish('1.3.0', 'last', { where: 'last is null and id > 70' });
    const stopped = await tiny.onward(['upgrade', '--yes']);
    expect(stopped.stderr).toContain('upgrade.data-incomplete');
    expect(stopped.stderr).toContain('still counts 10 rows');
    expect(stopped.exit, stopped.stderr).toBe(4);
    expect(await isRelied('last')).toBe(false);
    await tiny.query('update item set last = upper(name) where last is null');
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(await isRelied('last')).toBe(true);
  });

  it('can be left parked while the command runs its data migration, and finds it complete', async () => {
    await publish('1.3.1', 'calm');
    const parked = await tiny.onward(['upgrade', '--yes', '--until', 'roll']);
    expect(parked.exit, parked.stderr).toBe(5);
    const run = await tiny.onward(['data-migrate', 'run', 'fill-calm']);
    expect(run.exit, run.stderr).toBe(0);
    expect(await isRelied('calm')).toBe(false);
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(await isRelied('calm')).toBe(true);
    expect(
      await tiny.query(`select batches::int as batches from onward.data_migration where id = 'fill-calm'`),
    ).toEqual(
      await tiny.query(
        `select count(*)::int as batches from onward.data_migration_batch where data_migration = 'fill-calm'`,
      ),
    );
  });

  it('closes the gate of a later version until it is complete', async () => {
    await publish('1.3.2', 'slow', { before: '1.3.3' });
    expect((await tiny.onward(['upgrade', '--yes'])).exit).toBe(0);
    await publish('1.3.3', 'next');
    const shut = await tiny.onward(['upgrade', '--yes']);
    expect(shut.exit, shut.stderr).toBe(1);
    expect(shut.stderr).toContain('Data migration fill-slow is complete, as 1.3.3 needs it: it has not begun');
    expect(shut.stderr).toContain('onward data-migrate run fill-slow');
    expect((await tiny.onward(['data-migrate', 'run', 'fill-slow'])).exit).toBe(0);
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
  });

  it('runs those of a release that it jumps over', async () => {
    await publish('1.4.0', 'early');
    await publish('1.5.0', 'late');
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(upgraded.stderr).toContain('Run 2 data migrations: fill-early, fill-late');
    expect(await tiny.query('select count(*)::int as old from item where early is null or late is null')).toEqual([
      { old: 0 },
    ]);
  });
});

describe('onward data-migrate', () => {
  it('runs one under the lease when rows have come back in the old shape, and changes nothing in a dry run', async () => {
    await tiny.query('alter table item drop constraint late_there; update item set late = null where id <= 350');
    const verified = await tiny.onward(['data-migrate', 'verify', 'fill-late']);
    expect(verified.stdout).toBe('fill-late: 50 rows in the old shape.\n');
    expect(verified.exit).toBe(1);
    const dry = await tiny.onward(['data-migrate', 'run', 'fill-late', '--dry-run']);
    expect(dry.stdout).toContain('of the first 200, 50 are in the old shape. Nothing was changed.');
    const run = await tiny.onward(['data-migrate', 'run', 'fill-late']);
    expect(run.exit, run.stderr).toBe(0);
    expect(run.stdout).toContain('fill-late: completed');
    expect((await tiny.onward(['data-migrate', 'verify', 'fill-late'])).exit).toBe(0);
    const list = await tiny.onward(['data-migrate', 'list']);
    expect(list.stdout.split('\n')).toHaveLength(9);
    expect(list.stdout).toContain('completed  fill-loud   1.1.0  core  item, before postdeploy');
    const unknown = await tiny.onward(['data-migrate', 'run', 'nothing']);
    expect(unknown.stderr).toContain('upgrade.unknown-data-migration');
    expect(unknown.exit).toBe(2);
  });
});
