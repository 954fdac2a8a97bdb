import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  startEmbeddedPostgres,
} from '../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'migrate');
  await tiny.publish('1.0.0');
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  await tiny.publish('1.1.0', {
    behaviour: { api: { mark: '1.1.0' } },
    migrations: {
      'expand/001_a.sql': 'alter table item add column a text;\n',
      'postdeploy/001_p.sql': 'alter table item add column p text;\n',
      'contract/001_c.sql': 'alter table item drop column name;\n',
    },
  });
  await tiny.publish('1.2.0', {
    behaviour: { api: { mark: '1.2.0' } },
    migrations: { 'expand/001_b.sql': 'alter table item add column b text;\n' },
    details: 'stops: [{ id: first, satisfiedBy: ">=1.1.0 <1.2.0", reason: it fills a }]\n',
  });
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

describe('onward migrate in the folder of a deployment', () => {
  it('shows what the next release on the path brings, and changes nothing', async () => {
    const status = await tiny.onward(['migrate', 'status', '--json']);
    const { applied, pending, drift } = JSON.parse(status.stdout);
    expect(applied.map((file: { path: string }) => file.path)).toEqual(['core/1.0.0/expand/001_create.sql']);
    expect(pending.map((file: { path: string }) => file.path)).toEqual([
      'core/1.1.0/expand/001_a.sql',
      'core/1.1.0/postdeploy/001_p.sql',
      'core/1.1.0/contract/001_c.sql',
    ]);
    expect(drift).toEqual([]);
    const dry = await tiny.onward(['migrate', '--dry-run']);
    expect(dry.stdout).toBe(
      'would apply  expand      core/1.1.0/expand/001_a.sql\ncore: 1 migration to apply, 1 there already, 0 left.\n',
    );
  });

  it('stops when it is told to while a reader is in its way, and nothing has changed', async () => {
    const system = createSystem({ environment: {}, onEvent: () => {} });
    const target = await resolveConnectionTarget({ url: tiny.databaseUrl, origin: 'the test', environment: {} });
    const reader = await system.postgres.connect(target, { applicationName: 'test' });
    await reader.query('begin');
    await reader.query('select from item');
    const running = tiny.start(['migrate']);
    // Until the file's transaction is open, which it is while the reader is waited for.
    const waiting = () => tiny.query("select from pg_stat_activity where application_name like 'onward migrate%'");
    await eventually(waiting, (sessions) => sessions.length > 1);
    running.kill('SIGTERM');
    expect(await running.ended).toMatchObject({
      exit: 5,
      stdout: '',
      stderr: expect.stringContaining(
        'error cli.stopped\nCould not finish: it was told to stop. What was begun can be taken up again.\n',
      ),
    });
    await reader.close();
    expect(await tiny.query("select from onward.migration where release = '1.1.0'")).toEqual([]);
  });

  it('expands to the next stop and no further, under the lease', async () => {
    const far = await tiny.onward(['migrate', '--to', '1.2.0']);
    expect(far.stderr).toContain('error upgrade.not-one-hop');
    expect(far.exit).toBe(1);
    const done = await tiny.onward(['migrate']);
    expect(done.exit, done.stderr).toBe(0);
    expect(done.stdout).toContain('applied  expand      core/1.1.0/expand/001_a.sql');
    const [lease] = await tiny.query("select run, holder from onward.lease where deployment = 'tiny'");
    expect(lease).toMatchObject({ run: expect.stringMatching(/^migrate-/), holder: '' });
  });

  it('refuses the contract phase', async () => {
    const refused = await tiny.onward(['migrate', '--phase', 'contract']);
    expect(refused.stderr).toContain('error migrate.contract-not-configured');
    expect(refused.exit).toBe(1);
    expect(
      (
        await tiny.query(
          "select 1 from pg_attribute where attrelid = 'item'::regclass and attname = 'name' and not attisdropped",
        )
      ).length,
    ).toBe(1);
  });

  it('leaves the rest of the path to the upgrade, which stops where the release says', async () => {
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(upgraded.stderr).toContain('1.0.0 -> 1.1.0  (stop first: it fills a)');
    const history = (await tiny.onward(['history'])).stdout;
    expect(history).toMatch(/1\.1\.0 -> 1\.2\.0 +committed.*\n.*1\.0\.0 -> 1\.1\.0 +committed/);
    expect((await tiny.onward(['doctor'])).stdout).toMatch(/^Nothing to repair/);
  });
});
