import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LEDGER_TOOLS } from '../../src/adopt/index.ts';
import { failure, type TestDatabase } from '../../src/migrate/test-support.ts';
import type { OnwardError } from '../../src/model/index.ts';
import { type LedgerServer, startLedgerServer, type TestFiles } from '../support/ledger-server.ts';
import { LEDGER_FIXTURES, type LedgerFixture } from '../support/ledgers.ts';

let server: LedgerServer;
beforeAll(async () => {
  server = await startLedgerServer();
});
afterAll(async () => {
  await server?.close();
});

/** A database that the tool has brought to its second file. */
async function createLedger(fixture: LedgerFixture, schema = 'public'): Promise<TestDatabase> {
  return server.createDatabase(
    schema === 'public' ? 'select 1' : `create schema ${schema}`,
    ...fixture.files.slice(0, 2).map(([, text]) => text),
    fixture.ddl.replaceAll('%', schema),
    fixture.rows(fixture.files).replaceAll('%', schema),
  );
}

it('has a fixture for every tool', () => {
  expect(LEDGER_FIXTURES.map(({ tool }) => tool)).toEqual(LEDGER_TOOLS.map(({ name }) => name));
});

describe.each(LEDGER_FIXTURES)('the ledger of $tool', (fixture) => {
  const { files } = fixture;
  const paths = files.map(([path]) => path);
  const keepsChecksums = LEDGER_TOOLS.find(({ name }) => name === fixture.tool)?.checksumsOf !== undefined;

  it('is recognised by itself, in any schema, and says what was applied, when, and what is left', async () => {
    const plan = await server.plan(await createLedger(fixture, 'elsewhere'), files);
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
    const session = await database.connect();
    const look = async () =>
      (await session.query(`select t.*, t.xmin::text, t.ctid::text from public.${fixture.table} t order by t.ctid`))
        .rows;
    const before = await look();
    expect(await server.takeOver(database, files)).toBe(2);
    expect(await look()).toEqual(before);
    const status = await server.status(database, files);
    expect(status).toMatchObject({ drift: [], late: [], unfinished: [] });
    expect(status.applied.map(({ path }) => path)).toEqual(paths.slice(0, 2));
    expect(status.pending.map(({ path }) => path)).toEqual(paths.slice(2));
    const { rows } = await session.query(
      `select m.path, m.origin, m.finished_at, a.tool, a.source, a.proof, a.entry <> '{}' as has_row
       from onward.migration m join onward.adopted a on a.migration = m.id order by m.path`,
    );
    const recorded = {
      ...{ origin: fixture.tool, tool: fixture.tool, source: `public.${fixture.table}`, has_row: true },
      proof: keepsChecksums ? 'checksum' : 'name',
    };
    expect(rows).toMatchObject([
      { path: paths[0], ...recorded },
      { path: paths[1], ...recorded },
    ]);
    if (fixture.appliedAt) expect(new Date(String(rows[0]?.finished_at)).toISOString()).toBe(fixture.appliedAt);
  });

  it('is compared, and not recorded again, the second time', async () => {
    const database = await createLedger(fixture);
    await server.takeOver(database, files);
    const session = await database.connect();
    const look = async () => [
      ...(await session.query('select *, xmin::text from onward.migration order by path')).rows,
      ...(await session.query('select *, xmin::text from onward.adopted order by key')).rows,
    ];
    const before = await look();
    expect(await server.takeOver(database, files)).toBe(0);
    expect(await look()).toEqual(before);
    expect(before).toHaveLength(4);
  });

  it('lets the rest be applied by Onward', async () => {
    const database = await createLedger(fixture);
    await server.takeOver(database, files);
    const report = await database.apply(Object.fromEntries(files), { release: '', phases: ['expand', 'postdeploy'] });
    expect(report.applied.map(({ file }) => file.path)).toEqual(paths.slice(2));
  });

  it('is refused as a whole when a file that it has applied is not there', async () => {
    const database = await createLedger(fixture);
    const left: TestFiles = files.filter((_, index) => index !== 1);
    const error = await failure<OnwardError>(server.takeOver(database, left));
    expect(error).toMatchObject({ code: 'adopt.refused', state: 'unchanged' });
    expect(error.findings.map(({ code }) => code)).toContain('adopt.no-file');
    const session = await database.connect();
    expect((await session.query(`select to_regclass('onward.migration') as found`)).rows).toEqual([{ found: null }]);
  });

  it('tells an edited file where it keeps checksums; where it keeps none, the schema does', async () => {
    const database = await createLedger(fixture);
    const smuggled = 'create table smuggled (id bigint primary key);\n';
    const edited: TestFiles = files.map(([path, text], index) => [path, index === 0 ? `${text}${smuggled}` : text]);
    const [finding] = (await server.plan(database, edited)).findings;
    if (keepsChecksums) {
      expect(finding).toMatchObject({ code: 'adopt.edited', severity: 'error', position: { file: paths[0] } });
      return;
    }
    expect(finding).toMatchObject({ code: 'adopt.by-name', severity: 'warning' });
    const error = await failure<OnwardError>(server.takeOver(database, edited, { prove: true }));
    expect(error).toMatchObject({ code: 'adopt.schema-differs', state: 'unchanged' });
    expect(error.detail).toContain('public.smuggled\n  - table: table (id bigint not null)');
  });

  it('is left alone while its tool is at work', async () => {
    const database = await createLedger(fixture);
    const tool = await database.connect('the tool');
    await tool.query(`begin; ${fixture.lock ?? `delete from ${fixture.table}`}`);
    const error = await failure<OnwardError>(server.takeOver(database, files));
    expect(error).toMatchObject({ code: 'adopt.tool-at-work', message: expect.stringContaining('(the tool)') });
    await tool.query('rollback; select pg_advisory_unlock_all()');
    expect(await server.takeOver(database, files)).toBe(2);
  });

  it('is proven by what its files make of an empty database, its own table left out', async () => {
    const plan = await server.plan(await createLedger(fixture, 'elsewhere'), files, { prove: true });
    expect(plan.proof).toMatchObject({ deciding: [], files: 2 });
    expect(plan.isByName).toBe(false);
  });
});
