import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  startEmbeddedPostgres,
} from '../../../src/system/index.ts';
import { type CommandResult, createDeployment, runOnward, type TestDeployment } from '../../support/deployment.ts';
import { eventually } from '../../support/eventually.ts';
import { lines, namesOf, normalise } from '../../support/refusal.ts';
import { mountSmallDisk, type SmallDisk } from '../../support/small-disk.ts';
import { type SteadyLoad, startSteadyLoad } from '../../support/steady-load.ts';

/** Room for what a run needs at its start, and not much more. */
const MEGABYTES = 80;
/** More than the records that may still fit into the last block of the journal. */
const MIGRATIONS = 14;

let server: EmbeddedPostgres;
let tiny: TestDeployment;
let disk: SmallDisk;
let load: SteadyLoad;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'disk');
  disk = await mountSmallDisk(tiny.stateDirectory, MEGABYTES);
  await tiny.publish('1.0.0');
  const { exit, stderr } = await start('provision', '--yes').ended;
  expect(exit, stderr).toBe(0);
  const numbers = Array.from({ length: MIGRATIONS }, (_, index) => index + 10);
  await tiny.publish('1.1.0', {
    behaviour: { api: { mark: '1.1.0', startMs: 1_000 }, worker: { mark: '1.1.0' } },
    migrations: Object.fromEntries(
      numbers.map((number) => [`expand/${number}_c.sql`, `alter table item add column c${number} text;\n`]),
    ),
  });
  load = startSteadyLoad([tiny.ports.api, tiny.ports.web]);
});
afterAll(async () => {
  await start('down', '--yes').ended;
  await disk?.remove();
  await tiny?.remove();
  await server?.remove();
});

/** Within the small disk, which nothing else sees. */
function start(...args: readonly string[]) {
  const operator = join(tiny.folder, 'operator');
  return runOnward([...args, '--file', operator], { cwd: operator, within: disk.enter });
}

describe('a disk that is full', () => {
  it('closes a gate before the start', async () => {
    await disk.fill();
    const said = normalise(await start('upgrade', '--yes').ended, namesOf(tiny));
    await disk.makeRoom();
    expect(said).toEqual({
      exit: 1,
      stdout: '',
      stderr: lines(
        'error upgrade.gate-closed',
        'Could not start: a gate is not open. Nothing has changed.',
        '',
        '  closed   There is room on the disk: 0 B are free, 64.0 MiB are needed',
        '',
        '-> Run "df -h <folder>/operator/.onward".',
      ),
    });
  });

  it('stops the run at the record that cannot be written, while the schema is expanded', async () => {
    const holder = await holdTable();
    const running = start('upgrade', '--yes');
    await eventually(readJournals, (text) => text.includes('1.1.0/expand/10_c.sql'), 20_000);
    await disk.fill();
    await holder.letGo();
    const said = expectUnwritable(await running.ended);
    expect(said.split('old artifacts can come back.\n')[1]).toMatch(
      /^Run <run>: 1\.0\.0 -> 1\.1\.0\n✓ Fetch and verify artifacts {2}<time>\n( {2}core {2}core\/1\.1\.0\/expand\/\d\d_c\.sql {2}<time>\n)+error /,
    );
    const status = await start('status').ended;
    expect(status.stdout).toMatch(
      /\n {2}api {6}2 x 1\.0\.0 .*\n {2}web {6}1 x 1\.0\.0 .*\n {2}worker {3}1 x 1\.0\.0\n/,
    );
    expect(status.stdout).toContain('from 1.0.0 to 1.1.0 was cut off at: Expand the schema.');
  });

  it('says so again as long as it is full, and keeps no lease', async () => {
    const refusal = lines(
      'error files.refused',
      'Could not read or write <folder>/operator/.onward/holder.json: the disk is full (ENOSPC). What serves goes on serving. What was begun can be taken up again.',
      '-> Make room on its file system, then run the same command again.',
    );
    const found =
      'Found run <run> from 1.0.0 to 1.1.0: it was cut off at expand; no service had begun to roll. It goes';
    for (const [command, way] of [
      ['upgrade', 'on'],
      ['rollback', 'back'],
    ] as const) {
      expect(normalise(await start(command).ended, namesOf(tiny))).toEqual({
        exit: 4,
        stdout: '',
        stderr: `${lines(`${found} ${way}.`)}${refusal}`,
      });
    }
    await disk.makeRoom();
  });

  it('ends a run whose services roll parked or rolled back, with every service serving', async () => {
    const running = start('upgrade', '--yes');
    await eventually(readJournals, (text) => text.includes('"step":"roll:api","key":"step.started"'), 20_000);
    await disk.fill();
    const { exit, stderr } = await running.ended.finally(() => disk.makeRoom());
    // Which of the two depends on how many records still fit into the journal's last block.
    expect([3, 4], stderr).toContain(exit);
    expect(stderr).toContain('disk is full');
    const status = await start('status').ended;
    expect(status.stdout).toMatch(/\n {2}api {6}\d x 1\..*\n {2}web {6}1 x 1\.0\.0 .*\n {2}worker {3}\d x 1\./);
  });

  it('lets the same command finish once there is room, and has cost no request', async () => {
    const { exit, stderr } = await start('upgrade', '--yes').ended;
    expect(exit, stderr).toBe(0);
    expect(stderr).toMatch(/Completed\.\nServing: 1\.1\.0\.\n$/);
    expect((await start('doctor').ended).stdout).toMatch(/^Nothing to repair/);
    const [columns] = await tiny.query(
      `select count(*)::int as n from information_schema.columns where table_name = 'item' and column_name ~ '^c\\d'`,
    );
    expect(columns?.n).toBe(MIGRATIONS);
    const report = await load.stop();
    expect(report.failures).toEqual([]);
    expect(report.carried).toBeGreaterThan(50);
  });
});

/** The end that every run has whose journal takes no more: what is so, that nothing is lost, and how to go on. */
function expectUnwritable(result: CommandResult): string {
  const { exit, stdout, stderr } = normalise(result, namesOf(tiny));
  expect({ exit, stdout }, stderr).toEqual({ exit: 4, stdout: '' });
  const end = lines(
    'error upgrade.journal-unwritable',
    'Could not write the journal <folder>/operator/.onward/runs/<run>/journal.jsonl: the disk is full. Nothing was begun after the last record; what serves goes on serving. What was begun can be taken up again.',
    '-> Make room, then run "onward upgrade" again: it goes on where the journal ends.',
  );
  expect(stderr.replace(/journal-\d+/, 'journal').endsWith(end), stderr).toBe(true);
  return stderr;
}

/** The newest journal of the newest release, as far as it is written. */
async function readJournals(): Promise<string> {
  const runs = join(disk.folder, 'runs');
  const found = (await readdir(runs, { recursive: true })).filter((path) => /journal-\d+\.jsonl$/.test(path));
  const texts = await Promise.all(found.map((path) => readFile(join(runs, path), 'utf8')));
  return texts.filter((text) => !text.includes('"to":"1.0.0"')).join('');
}

/** Keeps migrations of the table from running, as an application's transaction does. */
async function holdTable(): Promise<{ letGo(): Promise<void> }> {
  const system = createSystem({ environment: {}, onEvent: () => {} });
  const target = await resolveConnectionTarget({ url: tiny.databaseUrl, origin: 'test', environment: {} });
  const session = await system.postgres.connect(target, { applicationName: 'application' });
  await session.query('begin; lock table item in access share mode');
  return {
    async letGo() {
      await session.query('rollback');
      await session.close();
    },
  };
}
