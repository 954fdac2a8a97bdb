import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  type Session,
  startEmbeddedPostgres,
} from '../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';

/** Two services of four use `core`; each gate is shut and opened by what really shuts and opens it. */
let server: EmbeddedPostgres;
let scratch: EmbeddedPostgres;
let tiny: TestDeployment;
const system = createSystem({ environment: {}, onEvent: () => {} });

beforeAll(async () => {
  server = await startEmbeddedPostgres({
    isDurable: false,
    settings: { shared_preload_libraries: 'pg_stat_statements' },
  });
  scratch = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'contract');
  await tiny.writeDeployment((text) => `${text}scratch: { url: "${scratch.url}/postgres" }\n`);
  await tiny.publish('1.0.0', {
    migrations: { 'expand/001_create.sql': 'create table item (id bigint primary key, name text, old text);\n' },
  });
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  await tiny.query('create extension pg_stat_statements');
  for (let id = 1; id <= 10; id += 1) await tiny.query(`insert into item (id, name, old) values (${id}, 'n', 'o')`);
  await backUpWith('/bin/true');
  await tiny.publish('1.1.0', {
    behaviour: { api: { mark: '1.1.0' } },
    migrations: {
      'expand/001_add.sql': 'alter table item add column fresh text;\n',
      'contract/001_drop.sql': 'alter table item drop column old;\n',
    },
    details: `contract: { after: 7d }
rollback: { until: postdeploy }
dataMigrations:
  - id: fill-fresh
    database: core
    table: item
    key: id
    set: fresh = upper(old)
    where: old is not null and fresh is null
    verify: select count(*) from item where old is not null and fresh is null
    before: postdeploy
`,
  });
  const upgraded = await tiny.onward(['upgrade', '--yes']);
  expect(upgraded.exit, upgraded.stderr).toBe(0);
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
  await scratch?.remove();
});

interface SeenGate {
  readonly id: string;
  readonly state: string;
  readonly evidence: string;
  readonly risk?: string;
}

async function gates(): Promise<readonly SeenGate[]> {
  const { stdout, stderr } = await tiny.onward(['contract', '--dry-run', '--json']);
  expect(stdout, stderr).not.toBe('');
  return JSON.parse(stdout).gates;
}

const shut = async () => (await gates()).filter(({ state }) => state !== 'open');

/** The run refuses for this, and everything is in place. */
async function expectShut(...reasons: readonly RegExp[]): Promise<void> {
  const run = await tiny.onward(['contract', '--yes']);
  for (const reason of reasons) expect(run.stderr).toMatch(reason);
  expect(run.stderr).toContain('upgrade.contract-closed');
  expect(run.exit).toBe(1);
  expect(await hasOld()).toBe(true);
}

async function hasOld(): Promise<boolean> {
  const rows = await tiny.query(
    `select 1 from pg_attribute where attrelid = 'item'::regclass and attname = 'old' and not attisdropped`,
  );
  return rows.length > 0;
}

async function connectAs(applicationName: string): Promise<Session> {
  const target = await resolveConnectionTarget({ url: tiny.databaseUrl, origin: 'test', environment: {} });
  return system.postgres.connect(target, { applicationName });
}

async function backUpWith(verify: string, more = ''): Promise<void> {
  const script = join(tiny.folder, 'backup.sh');
  // It must be told which database, and is given no password among its arguments.
  await writeFile(
    script,
    `#!/bin/sh\nset -e\ntest -n "$PGDATABASE" && test -n "$PGPORT"\necho "$ONWARD_DATABASE" >> ${tiny.folder}/backups\n${more}\n`,
  );
  await chmod(script, 0o700);
  await tiny.writeDeployment(
    (text) => `${text.replace(/^backup: .*\n/m, '')}backup: { command: [${script}], verify: [${verify}] }\n`,
  );
}

describe('onward contract', () => {
  it('removes nothing in the rollback window, and observes until it is over', async () => {
    await tiny.query("insert into item (id, name, fresh) values (100, 'x', 'y')");
    await expectShut(
      /^ *closed +The rollback window is over: 1\.1\.0 was completed at .* and keeps its old shape for 7 days/m,
    );
    await tiny.query(`update onward.release set completed_at = completed_at - interval '8 days'`);
    await expectShut(/^ *unknown +The rollback window is over: statements on core are observed since/m);
    await tiny.query(`update onward.statement_baseline set taken_at = taken_at - interval '8 days'`);
    const all = await gates();
    expect(all.filter(({ state }) => state !== 'open')).toEqual([]);
    const evidence = (id: string) => all.find((gate) => gate.id === id)?.evidence;
    expect(evidence('queries:core')).toMatch(/^\d+ statements? with \d+ calls? in 8 days since /);
    expect(evidence('data:fill-fresh')).toBe('it is completed, and 0 rows are in the old shape now');
    expect(evidence('dependencies:core')).toBe('tried out on a copy of the schema: 1 change, each named by a file');
  });

  it('removes nothing while an older client is connected, or one of whom nothing is known', async () => {
    const [older, nameless] = [await connectAs('api@1.0.0'), await connectAs('')];
    await expectShut(/^ *closed +No older client is connected to core: pid \d+ api@1\.0\.0, role postgres/m);
    await older.close();
    const [known, carried] = [await connectAs('grafana 11'), await connectAs('worker@1.0.0')];
    await tiny.writeDeployment((text) => `${text}contract: { clients: ["graf*"] }\n`);
    await expectShut(
      /^ *unknown +No older client .*: whose these are cannot be told: pid \d+ without a name, role postgres/m,
    );
    const reason = ['--reason', 'the nightly report reads other tables'];
    const accepted = await tiny.onward(['accept', 'contract-sessions:core', ...reason]);
    expect(accepted.exit, accepted.stderr).toBe(0);
    const plan = await tiny.onward(['contract', '--dry-run']);
    expect(plan.stdout).toContain('the nightly report reads other tables');
    expect(plan.exit, plan.stdout).toBe(0);
    // It was accepted for this one, and not for whoever comes next.
    const next = await connectAs('psql');
    await expectShut(/^ *unknown +No older client .*; pid \d+ psql, role postgres/m);
    await Promise.all([nameless.close(), next.close()]);
    // The worker was carried into 1.1.0 from there.
    expect(await shut()).toEqual([]);
    await Promise.all([known.close(), carried.close()]);
  });

  it('removes nothing that something in the database needs', async () => {
    await tiny.query('create view olds as select id, old from item');
    await expectShut(
      /^ *closed +Nothing else in core needs what goes: .* view olds depends on column old of table item/m,
    );
    await tiny.query('drop view olds');
    await tiny.query(
      `create function by_text() returns void language plpgsql as $$ begin execute 'select old from item'; end $$`,
    );
    await expectShut(/^ *unknown +Nothing else in core .*: function public\.by_text\(\) names old/m);
    await tiny.query('drop function by_text()');
  });

  it('removes nothing while rows are in the old shape', async () => {
    await tiny.query('update item set fresh = null where id <= 3');
    await expectShut(
      /^ *closed +Data migration fill-fresh .*: it is completed, and 3 rows are in the old shape now\n.*data-migrate run/m,
    );
    const moved = await tiny.onward(['data-migrate', 'run', 'fill-fresh']);
    expect(moved.exit, moved.stderr).toBe(0);
    // What Onward itself has asked of the old shape meanwhile counts for nobody.
    expect(await shut()).toEqual([]);
  });

  it('removes nothing without a backup, nor when it fails', async () => {
    await tiny.writeDeployment((text) => text.replace(/^backup: .*\n/m, ''));
    await expectShut(/^ *closed +Database core is backed up first: onward.yaml has no backup/m);
    await backUpWith('/bin/false');
    const failed = await tiny.onward(['contract', '--yes']);
    expect(failed.stderr).toContain('Could not back up core: backup.verify ended with 1.');
    expect(failed.exit, failed.stderr).toBe(1);
    expect(await hasOld()).toBe(true);
    expect((await tiny.onward(['history'])).stdout).toMatch(/contract 1\.1\.0 +stopped/);
    await backUpWith('/bin/true');
  });

  it('removes nothing that a statement has needed since the deploy, until it is observed anew', async () => {
    await tiny.query('select old from item where id = 7');
    await expectShut(
      /^ *closed +No statement on core .*: 1 would fail: select old from item where id = \$1 \(1 call\): column "old" does not exist/m,
    );
    await tiny.query('select pg_stat_statements_reset()');
    await expectShut(
      /^ *unknown +No statement on core .*: the statistics were reset since; observed since .* from now on/m,
    );
    await expectShut(/^ *unknown +No statement on core .*; none was sent, so nothing tells/m);
    await tiny.query('select id, name, fresh from item where id = 7');
    await tiny.query(`update onward.statement_baseline set taken_at = taken_at - interval '8 days'`);
  });

  it('removes nothing when a row comes back in the old shape before its lock', async () => {
    // The gates have counted none; this one arrives while the backup runs.
    await backUpWith('/bin/true', `psql "$ONWARD_TEST_URL" -qc "update item set fresh = null where id = 5"`);
    const refused = await tiny.onward(['contract', '--yes'], { ONWARD_TEST_URL: tiny.databaseUrl });
    expect(refused.stderr).toContain('the verification of data migration fill-fresh counts 1 under its lock');
    expect(refused.exit, refused.stderr).toBe(1);
    expect(await hasOld()).toBe(true);
    await backUpWith('/bin/true');
    expect((await tiny.onward(['data-migrate', 'run', 'fill-fresh'])).exit).toBe(0);
  });

  it('removes it then, backed up first, and has nothing to do afterwards', async () => {
    const plan = await tiny.onward(['contract', '--dry-run']);
    expect(plan.exit, plan.stdout).toBe(0);
    expect(plan.stdout).toContain('removes column public.item.old');
    expect(plan.stdout).toMatch(/\nNext: onward contract\n$/);
    const run = await tiny.onward(['contract', '--yes']);
    expect(run.exit, run.stderr).toBe(0);
    expect(run.stderr).not.toContain('Next: onward contract');
    expect(await hasOld()).toBe(false);
    expect(await tiny.query('select contracted_by from onward.data_migration')).toEqual([
      { contracted_by: 'core/1.1.0/contract/1' },
    ]);
    const again = await tiny.onward(['contract', '--yes']);
    expect(again.stderr).toContain('Nothing to do: no contract migration up to 1.1.0 is pending.');
    expect(again.exit).toBe(0);
    expect((await tiny.onward(['history'])).stdout).toMatch(/contract 1\.1\.0 +committed/);
    expect((await tiny.onward(['doctor'])).stdout).toMatch(/^Nothing to repair/);
  });

  it('refuses a version that does not run yet, and one that is not there', async () => {
    const unknown = await tiny.onward(['contract', '--version', '7.0.0']);
    expect(unknown.stderr).toContain('upgrade.contract-unknown');
    await tiny.publish('1.2.0', { behaviour: { api: { mark: '1.2.0' } } });
    const ahead = await tiny.onward(['contract', '--version', '1.2.0']);
    expect(ahead.stderr).toContain('upgrade.contract-ahead');
    expect([unknown.exit, ahead.exit]).toEqual([2, 2]);
  });
});
