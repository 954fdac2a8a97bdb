import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEDGER_TOOLS, type LedgerRequest, planLedger, takeOverLedger } from '../../src/adopt/index.ts';
import { openScratch, type Scratch } from '../../src/lint/index.ts';
import { observeMigrations, readMigrations } from '../../src/migrate/index.ts';
import {
  startTestServer,
  type TestDatabase,
  type TestServer,
  writeMigrations,
} from '../../src/migrate/test-support.ts';
import type { OnwardError } from '../../src/model/index.ts';
import { LEDGER_FIXTURES, type LedgerFixture } from './ledgers.ts';

let test: TestServer;
let scratch: Scratch;
const folders: string[] = [];
beforeAll(async () => {
  test = await startTestServer();
  // Every proof shares its server for as long as it is open.
  scratch = await openScratch(test.system);
});
afterAll(async () => {
  await scratch?.close();
  await test?.close();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true })));
});

/** A database that the tool has brought to its second file. */
async function createLedger(fixture: LedgerFixture, schema = 'public'): Promise<TestDatabase> {
  const database = await test.createDatabase();
  const session = await database.connect();
  if (schema !== 'public') await session.query(`create schema ${schema}`);
  for (const [, text] of fixture.files.slice(0, 2)) await session.query(text);
  await session.query(fixture.ddl.replaceAll('%', schema));
  await session.query(fixture.rows(fixture.files).replaceAll('%', schema));
  return database;
}

async function request(
  database: TestDatabase,
  files: LedgerFixture['files'],
  given: Partial<LedgerRequest> = {},
): Promise<LedgerRequest> {
  const folder = await writeMigrations(Object.fromEntries(files));
  folders.push(folder);
  const read = await readMigrations(test.system, folder, { database: 'core' });
  expect(read.findings).toEqual([]);
  return { database: 'core', target: database.target, files: read.files, ...given };
}

async function takeOver(wanted: LedgerRequest, run = 'adopt-1'): Promise<number> {
  return takeOverLedger(test.system, await planLedger(test.system, wanted), { run });
}

async function dump(database: TestDatabase, { table }: LedgerFixture, schema = 'public'): Promise<unknown> {
  const session = await database.connect();
  return (await session.query(`select t.*, t.xmin::text, t.ctid::text from ${schema}.${table} t order by t.ctid`)).rows;
}

it('has a fixture for every tool', () => {
  expect(LEDGER_FIXTURES.map(({ tool }) => tool)).toEqual(LEDGER_TOOLS.map(({ name }) => name));
});

describe.each(LEDGER_FIXTURES)('the ledger of $tool', (fixture) => {
  const paths = fixture.files.map(([path]) => path);

  it('is recognised by itself, in any schema, and says what was applied, when, and what is left', async () => {
    const database = await createLedger(fixture, 'elsewhere');
    const plan = await planLedger(test.system, await request(database, fixture.files));
    expect(plan.found?.tool.name).toBe(fixture.tool);
    expect(plan.source).toBe(`elsewhere.${fixture.table}`);
    expect(plan.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(plan.taken.map(({ file }) => file.path)).toEqual(paths.slice(0, 2));
    expect(plan.pending.map(({ path }) => path)).toEqual(paths.slice(2));
    const said = plan.taken[0]?.entry.appliedAt;
    expect(said && new Date(said).toISOString()).toBe(fixture.appliedAt);
  });

  it('is taken over without a migration being run or a row of it being touched', async () => {
    const database = await createLedger(fixture);
    const before = await dump(database, fixture);
    const wanted = await request(database, fixture.files);
    expect(await takeOver(wanted)).toBe(2);
    expect(await dump(database, fixture)).toEqual(before);
    const status = await observeMigrations(test.system, wanted);
    expect(status).toMatchObject({ drift: [], late: [], unfinished: [] });
    expect(status.applied.map(({ path }) => path)).toEqual(paths.slice(0, 2));
    expect(status.pending.map(({ path }) => path)).toEqual(paths.slice(2));
    const session = await database.connect();
    const { rows } = await session.query(
      `select m.path, m.origin, m.finished_at, a.tool, a.source, a.entry <> '{}' as has_row
       from onward.migration m join onward.adopted a on a.migration = m.id order by m.path`,
    );
    expect(rows).toMatchObject([
      { path: paths[0], origin: fixture.tool, tool: fixture.tool, source: `public.${fixture.table}`, has_row: true },
      { path: paths[1], origin: fixture.tool },
    ]);
    if (fixture.appliedAt) expect(new Date(String(rows[0]?.finished_at)).toISOString()).toBe(fixture.appliedAt);
  });

  it('is compared, and not recorded again, the second time', async () => {
    const database = await createLedger(fixture);
    const wanted = await request(database, fixture.files);
    await takeOver(wanted);
    const session = await database.connect();
    const look = async () =>
      (await session.query('select *, xmin::text from onward.migration order by path')).rows.concat(
        (await session.query('select *, xmin::text from onward.adopted order by key')).rows,
      );
    const before = await look();
    expect(await takeOver(wanted, 'adopt-2')).toBe(0);
    expect(await look()).toEqual(before);
  });

  it('lets the rest be applied by Onward', async () => {
    const database = await createLedger(fixture);
    await takeOver(await request(database, fixture.files));
    const report = await database.apply(Object.fromEntries(fixture.files), {
      release: '',
      phases: ['expand', 'postdeploy'],
    });
    expect(report.applied.map(({ file }) => file.path)).toEqual(paths.slice(2));
  });

  it('is refused when a file that it has applied is not there', async () => {
    const database = await createLedger(fixture);
    const [first, , third] = fixture.files;
    const wanted = await request(database, [first ?? ['', ''], third ?? ['', '']]);
    const error = await takeOver(wanted).catch((caught: OnwardError) => caught);
    expect(error).toMatchObject({ code: 'adopt.refused', state: 'unchanged' });
    expect((error as OnwardError).findings.map(({ code }) => code)).toContain('adopt.no-file');
    const session = await database.connect();
    expect((await session.query(`select to_regclass('onward.migration') as found`)).rows).toEqual([{ found: null }]);
  });

  it('tells an edited file where it keeps checksums, and says so where it keeps none', async () => {
    const database = await createLedger(fixture);
    const [first, second, third] = fixture.files;
    const edited: LedgerFixture['files'] = [
      [first?.[0] ?? '', `${first?.[1]}create table smuggled (id bigint primary key);\n`],
      second ?? ['', ''],
      third ?? ['', ''],
    ];
    const plan = await planLedger(test.system, await request(database, edited));
    const keepsChecksums = LEDGER_TOOLS.find(({ name }) => name === fixture.tool)?.checksumsOf !== undefined;
    const [finding] = plan.findings;
    if (keepsChecksums)
      expect(finding).toMatchObject({ code: 'adopt.edited', severity: 'error', position: { file: paths[0] } });
    else expect(finding).toMatchObject({ code: 'adopt.by-name', severity: 'warning' });
    const proven = await planLedger(test.system, await request(database, edited, { prove: true }));
    if (!keepsChecksums) expect(proven.proof?.deciding.map(({ name }) => name)).toEqual(['public.smuggled']);
  });

  it('is proven by what its files make of an empty database, its own table left out', async () => {
    const database = await createLedger(fixture, 'elsewhere');
    const plan = await planLedger(test.system, await request(database, fixture.files, { prove: true }));
    expect(plan.proof?.deciding).toEqual([]);
    expect(plan.proof?.files).toBe(2);
    expect(plan.isByName).toBe(false);
  });
});
