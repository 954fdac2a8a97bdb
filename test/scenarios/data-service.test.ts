import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createProcesses,
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  startEmbeddedPostgres,
} from '../../src/system/index.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';

const ROWS = 600;

let server: EmbeddedPostgres;
let tiny: TestDeployment;
let product: string;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'data-service');
  await tiny.publish('1.0.0');
  await tiny.writeDeployment((text) =>
    text.replace(
      'api: { runtime: process,',
      `api: { runtime: process, grace: 1s, environment: { DATABASE_URL: "${tiny.databaseUrl}", ROWS: "50", TARGET_MS: "60" },`,
    ),
  );
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  await tiny.query(`insert into item (id, name) select n * 7, 'a' || n || ' b' from generate_series(1, ${ROWS}) as n`);
  product = join(tiny.folder, 'vendor/product.yaml');
  const text = await readFile(product, 'utf8');
  await writeFile(
    product,
    text.replace('api: { database: core,', 'api: { database: core, dataMigrations: node data.mjs,'),
  );
  await bundleProgram('test/support/data-service.ts', join(tiny.folder, 'vendor/dist/api'), 'data');
});
afterAll(async () => {
  await tiny.remove();
  await server.remove();
});

/** A release with columns for the names in capitals, which the program of the service fills. */
async function publish(version: string, more = '', others = ''): Promise<void> {
  await tiny.publish(version, {
    behaviour: { api: { mark: version } },
    migrations:
      version === '1.1.0'
        ? {
            'expand/001_columns.sql':
              "alter table item add column loud text, add column changes integer not null default 0, add column tenant text not null default 'a';\n",
          }
        : { 'postdeploy/001_relied.sql': `comment on table item is 'relied on by ${version}';\n` },
    details: `dataMigrations:
  - { kind: service, id: shout, database: core, service: api, before: postdeploy${more} }${others}
rollback: { until: postdeploy }
`,
  });
}

async function rowOf(): Promise<Readonly<Record<string, unknown>>> {
  const [row = {}] = await tiny.query(
    `select status, scanned::int as scanned, changed::int as changed, failed::int as failed, remaining::int as remaining,
            (select sum(changes)::int from item) as changes,
            (select count(*)::int from item where loud is distinct from upper(name)) as wrong,
            (select coalesce(sum(b.changed), 0) from onward.data_migration_batch b) = changed
              and (select count(*) from onward.data_migration_batch b) = batches as adds_up
     from onward.data_migration where id = 'shout'`,
  );
  return row;
}

const COMPLETED = { status: 'completed', remaining: 0, wrong: 0, adds_up: true };

/** The processes of commands that are on record. */
async function programs(): Promise<readonly number[]> {
  const folder = join(tiny.stateDirectory, 'commands/api');
  const texts = (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8').catch(() => ''));
  return (await Promise.all(texts)).filter((text) => text.includes('"slot"')).map((text) => JSON.parse(text).child.pid);
}

function isAlive(pid: number): boolean {
  return createProcesses().identify(pid) !== undefined;
}

/** Puts every row back into the old shape. */
async function startOver(): Promise<void> {
  await tiny.query('update item set loud = null, changes = 0');
}

/** Keeps a row from being changed, so that a run comes to stand in the middle of the batch that holds it. */
async function holdRow(row: number): Promise<{ release(): Promise<void> }> {
  const target = await resolveConnectionTarget({ url: tiny.databaseUrl, origin: 'test', environment: {} });
  const session = await createSystem({ environment: {}, onEvent: () => {} }).postgres.connect(target, {
    applicationName: 'holder',
  });
  await session.query(`begin; select from item where id = ${row * 7} for update`);
  return { release: () => session.close() };
}

/** Waits until a program waits for the row that is held. */
async function comesToStand(): Promise<void> {
  const waiting = `select 1 from pg_stat_activity where wait_event_type = 'Lock' and application_name like 'api@%' and datname = current_database()`;
  await eventually(
    () => tiny.query(waiting),
    (sessions) => sessions.length > 0,
    30_000,
  );
}

async function scannedSoFar(): Promise<number> {
  return Number((await rowOf()).scanned);
}

describe('an upgrade whose data migration is done by a service', () => {
  it('has the program of the new release do it, and counts again before postdeploy', async () => {
    await publish('1.1.0');
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(await rowOf()).toEqual({ ...COMPLETED, failed: 0, scanned: ROWS, changed: ROWS, changes: ROWS });
    const list = await tiny.onward(['data-migrate', 'list']);
    expect(list.stdout).toBe('completed  shout  1.1.0  core  by api, before postdeploy\n');
    expect((await tiny.onward(['data-migrate', 'verify', 'shout'])).stdout).toBe('shout: 0 rows in the old shape.\n');
  });

  it('changes nothing in a dry run', async () => {
    await startOver();
    const before = await rowOf();
    const dry = await tiny.onward(['data-migrate', 'run', 'shout', '--dry-run']);
    expect(dry.stdout).toContain('of the first 50, 50 are in the old shape. Nothing was changed.');
    expect(await rowOf()).toEqual(before);
    expect((await tiny.onward(['data-migrate', 'verify', 'shout'])).stdout).toBe(
      `shout: ${ROWS} rows in the old shape.\n`,
    );
  });

  it.each([
    ['the program is killed', 20],
    ['the program is killed', 400],
    ['Onward is killed', 300],
    ['both are killed', 120],
  ])('repeats no row and loses none when %s in the batch of row %i', async (who, row) => {
    await startOver();
    const before = await scannedSoFar();
    const held = await holdRow(row);
    const running = tiny.start(['data-migrate', 'run', 'shout']);
    await comesToStand();
    const [program = 0] = await programs();
    if (who !== 'Onward is killed') process.kill(program, 'SIGKILL');
    if (who !== 'the program is killed') running.kill('SIGKILL');
    const ended = await running.ended;
    if (who === 'the program is killed') {
      expect(ended.stderr).toContain('data-migrate.program-failed');
      expect(ended.exit, ended.stderr).toBe(4);
    }
    expect(await scannedSoFar()).toBeLessThan(before + row);
    await held.release();
    const again = await tiny.onward(['data-migrate', 'run', 'shout']);
    expect(again.exit, again.stderr).toBe(0);
    expect(isAlive(program)).toBe(false);
    expect(await programs()).toEqual([]);
    const { changes, scanned, changed } = await rowOf();
    expect({ changes, scanned, changed }).toEqual({ changes: ROWS, scanned: before + ROWS, changed: before + ROWS });
    expect(await rowOf()).toMatchObject(COMPLETED);
    expect(await tiny.query('select count(*)::int as twice from item where changes <> 1')).toEqual([{ twice: 0 }]);
  });

  it('pauses within a batch, and goes on at the next one', async () => {
    await startOver();
    const before = await scannedSoFar();
    const held = await holdRow(300);
    const running = tiny.start(['data-migrate', 'run', 'shout']);
    await comesToStand();
    expect((await tiny.onward(['data-migrate', 'pause', 'shout'])).exit).toBe(0);
    const paused = await running.ended;
    expect(paused.stderr).toContain('onward data-migrate resume shout');
    expect(paused.exit, paused.stderr).toBe(5);
    expect(await rowOf()).toMatchObject({ status: 'paused', adds_up: true });
    expect(await scannedSoFar()).toBeLessThan(before + 300);
    await held.release();
    expect((await tiny.onward(['data-migrate', 'resume', 'shout'])).stdout).toBe('shout is pending.\n');
    expect((await tiny.onward(['data-migrate', 'run', 'shout'])).exit).toBe(0);
    expect(await rowOf()).toMatchObject({ ...COMPLETED, scanned: before + ROWS, changes: ROWS });
  });

  it('goes through its parts one after the other', async () => {
    await tiny.query(`update item set tenant = case when id % 2 = 0 then 'a' else 'b' end`);
    await publish('1.2.0', `, scope: { kind: tenant, values: "select distinct tenant from item order by 1" }`);
    await startOver();
    const before = await scannedSoFar();
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(await rowOf()).toMatchObject({ ...COMPLETED, scanned: before + ROWS, changes: ROWS });
    expect(
      await tiny.query(
        'select value, status, scanned::int as scanned, changed::int as changed from onward.data_migration_scope order by position',
      ),
    ).toEqual([
      { value: 'a', status: 'completed', scanned: ROWS / 2, changed: ROWS / 2 },
      { value: 'b', status: 'completed', scanned: ROWS / 2, changed: ROWS / 2 },
    ]);
  });

  it('ends the program that a killed Onward left in the middle of a batch, before it goes back', async () => {
    await publish('1.3.0');
    await startOver();
    await tiny.query(
      `create function stuck() returns trigger language plpgsql as $$ begin perform pg_sleep(600); return new; end $$;
       create trigger stuck before update on item for each row when (old.id = 700) execute function stuck()`,
    );
    const running = tiny.start(['upgrade', '--yes']);
    const atWork = () =>
      tiny.query(
        `select 1 from pg_stat_activity where state = 'active' and wait_event = 'PgSleep' and datname = current_database()`,
      );
    await eventually(atWork, (sessions) => sessions.length === 1, 30_000);
    const [program = 0] = await programs();
    running.kill('SIGKILL');
    await running.ended;
    expect(isAlive(program)).toBe(true);
    const back = await tiny.onward(['rollback']);
    expect(back.exit, back.stderr).toBe(3);
    expect(isAlive(program)).toBe(false);
    expect(await atWork()).toEqual([]);
    expect(await isReliedOn('1.3.0')).toBe(false);
    await tiny.query('drop trigger stuck on item');
  });

  it('keeps postdeploy shut while the program does not know one, with the new release serving', async () => {
    await publish(
      '1.4.0',
      '',
      '\n  - { kind: service, id: whisper, database: core, service: api, before: postdeploy }',
    );
    const stopped = await tiny.onward(['upgrade', '--yes']);
    expect(stopped.stderr).toContain('data-migrate.program-unknown-id');
    expect(stopped.exit, stopped.stderr).toBe(4);
    expect(await isReliedOn('1.4.0')).toBe(false);
    const status = await tiny.onward(['data-migrate', 'status', 'whisper']);
    expect(status.stdout).toContain('whisper: unknown');
    expect(status.stdout).toContain('does not know this data migration');
    expect(status.exit).toBe(1);
    expect((await tiny.onward(['migrate', '--phase', 'postdeploy'])).exit).not.toBe(0);
    expect((await tiny.onward(['rollback'])).exit).toBe(3);
  });

  it('keeps postdeploy shut while the program is not there', async () => {
    await writeFile(product, (await readFile(product, 'utf8')).replace('node data.mjs', './gone'));
    await publish('1.5.0');
    const stopped = await tiny.onward(['upgrade', '--yes']);
    expect(stopped.stderr).toContain('data-migrate.no-program');
    expect(stopped.exit, stopped.stderr).toBe(4);
    expect(await isReliedOn('1.5.0')).toBe(false);
    expect((await tiny.onward(['rollback'])).exit).toBe(3);
  });
});

async function isReliedOn(version: string): Promise<boolean> {
  const found = await tiny.query(`select 1 from pg_description where description = 'relied on by ${version}'`);
  return found.length > 0;
}
