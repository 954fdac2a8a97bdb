import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  type Session,
  startEmbeddedPostgres,
} from '../../src/system/index.ts';
import { createDeployment, type RunningCommand, type TestDeployment } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';

/** A report that runs once a month: no statistics of the last days know it, and it is not connected when the gates look. */
let server: EmbeddedPostgres;
let scratch: EmbeddedPostgres;
let tiny: TestDeployment;
const system = createSystem({ environment: {}, onEvent: () => {} });

/** A run copies the schema twice before it takes anything, which lasts on a busy machine. */
const LIMIT_MS = 120_000;

beforeAll(async () => {
  server = await startEmbeddedPostgres({
    isDurable: false,
    settings: { shared_preload_libraries: 'pg_stat_statements', logging_collector: 'on', log_destination: 'csvlog' },
  });
  scratch = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'quarantine');
  await tiny.writeDeployment(
    (text) =>
      `${text}scratch: { url: "${scratch.url}/postgres" }\nbackup: { command: [/bin/true], verify: [/bin/true] }\ncontract: { quarantine: 1h, roles: [reports], clients: [test] }\n`,
  );
  await tiny.publish('1.0.0', {
    migrations: { 'expand/001_create.sql': 'create table item (id bigint primary key, name text, old text);\n' },
  });
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  await tiny.query('create extension pg_stat_statements');
  await tiny.query(
    `create role reports login; grant select, insert on item to reports; insert into item values (1, 'n', 'o')`,
  );
  await tiny.publish('1.1.0', {
    behaviour: { api: { mark: '1.1.0' } },
    migrations: { 'contract/001_drop.sql': 'alter table item drop column old;\n' },
    details: 'rollback: { until: postdeploy }\n',
  });
  const upgraded = await tiny.onward(['upgrade', '--yes']);
  expect(upgraded.exit, upgraded.stderr).toBe(0);
  await tiny.query('select id, name from item where id = 1');
}, LIMIT_MS);
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
  await scratch?.remove();
});

async function connectReport(): Promise<Session> {
  const url = tiny.databaseUrl.replace('postgres@', 'reports@');
  const target = await resolveConnectionTarget({ url, origin: 'test', environment: {} });
  return system.postgres.connect(target, { applicationName: 'monthly report' });
}

async function mayRead(session: Session): Promise<boolean | undefined> {
  const { rows } = await session.query<{ may: boolean }>(`select has_column_privilege('item', 'old', 'select') as may`);
  return rows[0]?.may;
}

/** Waits until the run has taken the privileges; a run that ends before says why. */
async function inForce({ ended }: RunningCommand): Promise<void> {
  const tooEarly = ended.then(({ stderr }) => {
    throw new Error(`It ended before: ${stderr}`);
  });
  const taken = eventually(
    () => tiny.query('select run from onward.quarantine where ended_at is null'),
    (rows) => rows.length === 1,
    LIMIT_MS,
  );
  await Promise.race([tooEarly, taken]);
}

async function hasOld(): Promise<boolean> {
  const rows = await tiny.query(
    `select 1 from pg_attribute where attrelid = 'item'::regclass and attname = 'old' and not attisdropped`,
  );
  return rows.length > 0;
}

describe('onward contract with a quarantine', { timeout: LIMIT_MS }, () => {
  it('catches an old client that the query statistics had not shown, and gives everything back to it', async () => {
    const run = tiny.start(['contract', '--yes']);
    await inForce(run);
    const report = await connectReport();
    await expect(report.query("select old from item where name = 'n'")).rejects.toThrow(
      /permission denied for table item/,
    );
    const { exit, stderr } = await run.ended;
    expect(stderr).toContain('upgrade.quarantine-failed');
    expect(stderr).toContain('monthly report, role reports, was refused select old from item where name = ?');
    expect(exit, stderr).toBe(1);
    // Not asked of the table itself: from then on the query statistics would know this client.
    expect(await mayRead(report)).toBe(true);
    await report.close();
    expect(await hasOld()).toBe(true);
    expect((await tiny.onward(['doctor'])).stdout).toMatch(/^Nothing to repair/);
  });

  it('leaves it in force when it is killed, says so, and gives it back on one word', async () => {
    const run = tiny.start(['contract', '--yes']);
    await inForce(run);
    run.kill('SIGKILL');
    await run.ended;
    const status = await tiny.onward(['status']);
    expect(status.stdout).toContain('In database core, public.item.old is in quarantine by run ');
    expect(status.stdout).toContain(
      '-> Run "onward contract --undo" to give the privileges back, or this statement in core:\ndo $undo$',
    );
    const doctor = await tiny.onward(['doctor']);
    expect(doctor.stdout).toMatch(/error +In database core, public\.item\.old is in quarantine .* nobody watches/);
    expect(doctor.exit).toBe(1);
    const undone = await tiny.onward(['contract', '--undo']);
    expect(undone.stderr).toContain('Gave back in core what was taken on public.item.old.');
    expect(undone.exit, undone.stderr).toBe(0);
    expect((await tiny.onward(['status'])).stdout).not.toContain('quarantine');
    const again = await tiny.onward(['contract', '--undo']);
    expect(again.stderr).toContain('Nothing to give back: no privilege is in quarantine.');
    expect(again.exit).toBe(0);
    const report = await connectReport();
    expect(await mayRead(report)).toBe(true);
    await report.close();
  });

  it('removes the old shape when the time has passed quietly, and the rights to the rest are those of before', async () => {
    await tiny.writeDeployment((text) => text.replace('quarantine: 1h', 'quarantine: 1s'));
    const run = await tiny.onward(['contract', '--yes']);
    expect(run.exit, run.stderr).toBe(0);
    expect(await hasOld()).toBe(false);
    expect(await tiny.query(`select ended_because from onward.quarantine order by began_at`)).toEqual([
      { ended_because: 'refused' },
      { ended_because: 'undone by hand' },
      { ended_because: 'contracted' },
    ]);
    expect(
      await tiny.query(`select e.privilege_type as privilege from pg_class c, aclexplode(c.relacl) e
        where c.oid = 'item'::regclass and e.grantee = 'reports'::regrole order by 1`),
    ).toEqual([{ privilege: 'INSERT' }, { privilege: 'SELECT' }]);
  });
});
