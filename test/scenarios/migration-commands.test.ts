import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createProcesses,
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  type Session,
  startEmbeddedPostgres,
} from '../../src/system/index.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import { createDeployment, runOnward, type TestDeployment } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';

const KEY = 'k-1f0d8c55e2';

let server: EmbeddedPostgres;
let tiny: TestDeployment;
const held: Session[] = [];
let sweep = 0;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'migration-commands');
  await bundleProgram('test/support/migrate-program.ts', join(tiny.folder, 'vendor/dist/api'), 'migrate');
  await tiny.writeDeployment((text) =>
    text.replace(
      'api: { runtime: process,',
      `api: { runtime: process, grace: 1s, environment: { DATABASE_URL: "${tiny.databaseUrl}", API_KEY: "env:TINY_KEY" },`,
    ),
  );
});
afterAll(async () => {
  for (const session of held) await session.close();
  await tiny.remove();
  await server.remove();
});

const onward = (...args: string[]) => tiny.onward(args, { TINY_KEY: KEY });
const upgrade = () => onward('upgrade', '--yes');

/** A release whose migration command moves the schema to `number`; the services are carried. */
async function publish(version: string, number: number, more: { args?: string; keys?: string } = {}): Promise<void> {
  const { args = '', keys = sqlCheck(number) } = more;
  const flags = args === '' ? '' : `, ${args}`;
  await tiny.publish(version, {
    details: `migrationCommands:
  - { name: schema, service: api, command: [node, migrate.mjs, "${number}"${flags}], phase: expand, ${keys} }
`,
  });
}

function sqlCheck(number: number): string {
  return `check: { sql: { database: core, query: select max(version) from schema_migrations, expect: ${number} } }`;
}

async function attempts(number: number): Promise<number> {
  const [row] = await tiny.query(`select count(*)::int as count from attempt where version = ${number}`);
  return Number(row?.count);
}

async function schemaVersion(): Promise<number> {
  const [row] = await tiny.query('select max(version) as version from schema_migrations');
  return Number(row?.version);
}

interface Noted {
  readonly run: string;
  readonly step: string;
  readonly key: string;
  readonly kind: string;
  readonly data: { readonly [name: string]: unknown };
}

/** What the journal of the newest run says of commands. */
async function noted(name = 'schema'): Promise<readonly Noted[]> {
  const runs = join(tiny.stateDirectory, 'runs');
  const newest = (await readdir(runs)).sort().at(-1) ?? '';
  const files = (await readdir(join(runs, newest))).filter((file) => file.startsWith('journal-')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(runs, newest, file), 'utf8')));
  const records = texts.flatMap((text) => text.trim().split('\n')).map((line) => JSON.parse(line) as Noted);
  return records.filter(({ key }) => key === `command:${name}`);
}

async function lastResult(name?: string): Promise<Noted['data']> {
  return (await noted(name)).findLast(({ kind }) => kind === 'result')?.data ?? {};
}

/** Keeps a command from going on; it stands once it waits for the row. */
async function closeGate(): Promise<{ readonly open: () => Promise<void> }> {
  const target = await resolveConnectionTarget({ url: tiny.databaseUrl, origin: 'test', environment: {} });
  const session = await createSystem({ environment: {}, onEvent: () => {} }).postgres.connect(target, {
    applicationName: 'holder',
  });
  held.push(session);
  await session.query(
    'begin; delete from gate; insert into gate values (0); commit; begin; select from gate for update',
  );
  return { open: () => session.close() };
}

async function standing(): Promise<void> {
  await eventually(
    () =>
      tiny.query(
        `select from pg_stat_activity where wait_event_type = 'Lock' and application_name like 'migration:schema@%'`,
      ),
    (sessions) => sessions.length > 0,
    30_000,
  );
}

/** The processes of commands that change something, as far as they are on record. */
async function programs(): Promise<readonly number[]> {
  const folder = join(tiny.stateDirectory, 'commands/api');
  const texts = (await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8').catch(() => ''));
  return (await Promise.all(texts)).filter((text) => text.includes('"slot"')).map((text) => JSON.parse(text).child.pid);
}

const isAlive = (pid: number) => createProcesses().identify(pid) !== undefined;

describe('an upgrade to a release with a migration command', () => {
  it('runs it at the first install, when nothing of its result is there', async () => {
    await publish('1.0.0', 1);
    const provisioned = await onward('provision', '--yes');
    expect(provisioned.exit, provisioned.stderr).toBe(0);
    expect(await schemaVersion()).toBe(1);
  });

  it('shows it in the plan, with its check and that nobody has judged it', async () => {
    await publish('1.1.0', 2, { args: '--tell' });
    const { stdout } = await onward('plan');
    expect(stdout).toMatch(/Run 1 migration command +safe place: schema stays expanded/);
    expect(stdout).toContain(
      'schema  api: node migrate.mjs 2 --tell  (up to 10m 00s; done when "select max(version) from schema_migrations" gives 2 in core)',
    );
    expect(stdout).toContain('it was not judged by lint, its locks are not predicted');
  });

  it('leaves it to the upgrade when the schema is migrated alone, and says so', async () => {
    const migrated = await onward('migrate');
    expect(migrated.exit, migrated.stderr).toBe(0);
    expect(migrated.stderr).toContain('1.1.0 has a migration command of its own in this phase (schema)');
    expect(await schemaVersion()).toBe(1);
  });

  it('runs it in the new artifact, and keeps all that it said, without secrets', async () => {
    const upgraded = await upgrade();
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(upgraded.stderr).toContain('migration command schema');
    expect(await schemaVersion()).toBe(2);
    const result = await lastResult();
    expect(result).toMatchObject({ ok: true, exit: 0, evidence: 'the query gives 2' });
    expect(result.last).toEqual(['using the key ***', 'schema is at 2']);
    const output = String(result.output);
    expect(await readFile(output, 'utf8')).toBe('using the key ***\nschema is at 2\n');
    expect((await stat(output)).mode & 0o777).toBe(0o600);
    expect(JSON.stringify(await noted()) + upgraded.stderr).not.toContain(KEY);
  });

  it('leaves alone what is done already', async () => {
    await publish('1.2.0', 3);
    await tiny.query('insert into schema_migrations values (3)');
    const upgraded = await upgrade();
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(upgraded.stderr).toContain('migration command schema: nothing to do, the query gives 3');
    expect(await attempts(3)).toBe(0);
    expect((await noted()).map(({ kind }) => kind)).toEqual(['observe']);
  });

  it('stops where it fails, says what may be so, and runs it again once the cause is gone', async () => {
    await publish('1.3.0', 4);
    await tiny.query("insert into item values (-1, 'broken')");
    const failed = await upgrade();
    expect(failed.exit, failed.stderr).toBe(4);
    expect(failed.stderr).toContain('upgrade.migration-command-failed');
    expect(failed.stderr).toContain(
      'it exited with 1. The schema may be changed in part by it. The services go on running 1.2.0.',
    );
    expect(failed.stderr).toContain('ERROR item -1 is in the way');
    expect(failed.stderr).toContain('What the migration command has changed stays; it can be run again.');
    expect(failed.stderr).toMatch(/Read .*schema-\d+\.log and mend what it says, then run "onward upgrade"/);
    expect((await onward('status')).stdout).toContain('1.2.0');
    await tiny.query('delete from item');
    expect((await upgrade()).exit).toBe(0);
    expect([await schemaVersion(), await attempts(4)]).toEqual([4, 2]);
  });

  it.each([
    [
      'it has done nothing',
      '--pretend',
      '',
      'upgrade.migration-command-not-believed',
      'the query gives 4, and 5 is expected',
    ],
    [
      'it says what it must not',
      '--always-zero',
      ', output: { excludes: [ERROR] }',
      'upgrade.migration-command-failed',
      'it says "ERROR", which it must not',
    ],
  ])('does not believe an exit code of 0 when %s', async (what, flag, keys, code, evidence) => {
    await tiny.query("insert into item values (-1, 'broken')");
    await publish(what === 'it has done nothing' ? '1.4.0' : '1.4.1', 5, { args: flag, keys: sqlCheck(5) + keys });
    const upgraded = await upgrade();
    expect(upgraded.exit, upgraded.stderr).toBe(4);
    expect(upgraded.stderr).toContain(code);
    expect(upgraded.stderr).toContain(evidence);
    expect(await lastResult()).toMatchObject({ ok: false, exit: 0 });
    await tiny.query('delete from item');
  });

  it('ends it when its time is over', async () => {
    await publish('1.5.0', 6, { keys: `timeout: 400ms, ${sqlCheck(6)}` });
    const gate = await closeGate();
    const upgraded = await upgrade();
    expect(upgraded.exit, upgraded.stderr).toBe(4);
    expect(upgraded.stderr).toContain('upgrade.migration-command-timeout');
    expect(await lastResult()).toMatchObject({ ok: false, timedOut: true });
    expect(await programs()).toEqual([]);
    await gate.open();
  });

  it('ends what a killed Onward has left of it, and runs it again', async () => {
    await publish('1.6.0', 7);
    const gate = await closeGate();
    const running = tiny.start(['upgrade', '--yes'], { TINY_KEY: KEY });
    await standing();
    const [program = 0] = await programs();
    running.kill('SIGKILL');
    await running.ended;
    expect(isAlive(program)).toBe(true);
    const again = tiny.start(['upgrade', '--yes'], { TINY_KEY: KEY });
    await eventually(
      async () => [isAlive(program), await programs()] as const,
      ([isOldAlive, found]) => !isOldAlive && found.length === 1 && found[0] !== program,
      30_000,
    );
    await standing();
    await gate.open();
    const { exit, stderr } = await again.ended;
    expect(exit, stderr).toBe(0);
    expect([await schemaVersion(), await attempts(7)]).toEqual([7, 2]);
    expect((await noted()).map(({ kind }) => kind)).toEqual(['intent', 'intent', 'result']);
  });

  it.each([
    ['after=intent', ['intent', 'intent', 'result']],
    ['before=result', ['intent', 'observe']],
    ['after=result', ['intent', 'result', 'observe']],
  ])('is taken up where Onward was killed: %s', async (moment, kinds) => {
    sweep += 1;
    await publish(`1.6.${sweep}`, 70 + sweep);
    const [when = '', kind = ''] = moment.split('=');
    const killed = await tiny.onward(['upgrade', '--yes'], {
      TINY_KEY: KEY,
      ONWARD_CRASH: `${when}=${kind} expand command:schema`,
    });
    expect(killed.signal, killed.stderr).toBe('SIGKILL');
    const again = await upgrade();
    expect(again.exit, again.stderr).toBe(0);
    expect([await schemaVersion(), await attempts(70 + sweep)]).toEqual([70 + sweep, 1]);
    expect((await noted()).map((record) => record.kind)).toEqual(kinds);
  });

  it('records who waited for it, lets no second operator in, and is not cut short by a wish to stop', async () => {
    await publish('1.7.0', 80, { args: '--lock' });
    const gate = await closeGate();
    const running = tiny.start(['upgrade', '--yes'], { TINY_KEY: KEY });
    await standing();
    const waiting = tiny.query('select count(*) from item');
    await eventually(
      () => tiny.query(`select from pg_stat_activity where wait_event_type = 'Lock' and application_name = 'test'`),
      (sessions) => sessions.length > 0,
      30_000,
    );
    const cwd = await tiny.secondOperator();
    const second = await runOnward(['upgrade', '--yes'], { cwd, environment: { TINY_KEY: KEY } }).ended;
    expect(second.stderr).toMatch(/upgrade\.(lease-held|run-elsewhere|gate-closed)/);
    running.kill('SIGINT');
    await eventually(
      () => tiny.events(),
      (events) => events.includes('which is not cut short'),
      30_000,
    );
    await gate.open();
    await waiting;
    expect((await running.ended).exit).toBe(5);
    const { ok, stalls } = (await lastResult()) as {
      ok: boolean;
      stalls: { core: { sessions: number; longestMs: number; wasSeen: boolean } };
    };
    expect(ok).toBe(true);
    expect(stalls.core).toMatchObject({ sessions: 1, wasSeen: true });
    expect(stalls.core.longestMs).toBeGreaterThan(0);
    const finished = await upgrade();
    expect(finished.exit, finished.stderr).toBe(0);
    expect(await attempts(80)).toBe(1);
  });

  it('runs commands in their order and phase, asks the program itself for its state, and an exit code that is trusted once in a run', async () => {
    await tiny.publish('1.8.0', {
      details: `migrationCommands:
  - { name: seed, service: api, command: node migrate.mjs 92, phase: postdeploy, check: exit-code }
  - { name: schema, service: api, command: node migrate.mjs 91, phase: expand, after: [prepare], check: { command: { argv: [node, migrate.mjs, status, "91"], expect: { stdoutIncludes: up to date } } } }
  - { name: prepare, service: api, command: node migrate.mjs 90, phase: expand, check: exit-code }
`,
    });
    const parked = await onward('upgrade', '--yes', '--until', 'expand');
    expect(parked.exit, parked.stderr).toBe(5);
    const upgraded = await upgrade();
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(await tiny.query('select version, finished from attempt where version >= 90 order by ctid')).toEqual(
      [90, 91, 92].map((version) => ({ version, finished: true })),
    );
    expect((await noted()).map(({ kind }) => kind)).toEqual(['intent', 'result', 'observe']);
    expect((await noted('prepare')).map(({ kind }) => kind)).toEqual(['intent', 'result', 'observe']);
    expect((await noted('seed')).map(({ step, kind }) => `${step} ${kind}`)).toEqual([
      'postdeploy intent',
      'postdeploy result',
    ]);
  });

  it('does not jump over a release whose command no later one has', async () => {
    await tiny.publish('1.9.0', {
      details:
        'migrationCommands:\n  - { name: only-here, service: api, command: node migrate.mjs 93, phase: expand, check: exit-code }\n',
    });
    await publish('1.10.0', 94);
    const refused = await upgrade();
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain('it belongs to 1.9.0, which the path jumps over');
  });
});
