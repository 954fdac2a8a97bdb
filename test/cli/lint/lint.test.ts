import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { runOnward } from '../../support/deployment.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-lint-'));
  await write({
    'migrations/0001_orders.up.sql': 'create table orders (id bigint primary key, note text);\n',
    'migrations/0002_drop.up.sql': '-- No longer shown.\nalter table orders\n  drop column note;\n',
    'migrations/0003_index.up.sql': 'create index orders_id_id on orders (id, id);\n',
  });
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(files: { readonly [path: string]: string }): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

const lint = (...args: readonly string[]) => runOnward(['lint', ...args], { cwd: folder }).ended;

const DROPPED = "the old version's statements that name orders.note fail from here on";
const REPAIR =
  'Stop using the column in one release, and drop it in the contract phase of a later one: tag the file "-- onward:phase contract" or move it to contract/.';

describe('onward lint', () => {
  it('prints each finding with its place, its statement and what to do, and ends with 1', async () => {
    const { exit, stdout, stderr } = await lint();
    expect({ exit, stderr }).toEqual({ exit: 1, stderr: '' });
    expect(stdout).toBe(`migrations/0002_drop.up.sql
  2:1     error  ${DROPPED}  (drop-column)
          alter table orders drop column note
          ${REPAIR}

migrations/0003_index.up.sql
  1:1     error  writers of orders wait until the index is built  (create-index)
          create index orders_id_id on orders (id, id)
          Build it with CONCURRENTLY, in a file of its own that runs without a transaction.

3 files: 2 errors, no warning; for Postgres 15.
`);
  });

  it('is silent about what the contract phase may do, and ends with 0', async () => {
    await write({ 'migrations/0002_drop.up.sql': '-- onward:phase contract\nalter table orders drop column note;\n' });
    await rm(join(folder, 'migrations/0003_index.up.sql'));
    const { exit, stdout } = await lint('migrations');
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '2 files: no error, no warning; for Postgres 15.\n' });
  });

  it('ends with 0 for warnings, and with 1 when it is strict', async () => {
    await write({ 'one/0001_do.up.sql': "do $$ begin execute 'select ' || '1'; end $$;\n" });
    const [plain, strict] = [await lint('one'), await lint('one', '--strict')];
    expect([plain.exit, strict.exit]).toEqual([0, 1]);
    expect(plain.stdout).toContain('1 file: no error, 1 warning; for Postgres 15.');
  });

  it('writes one JSON document that its schema describes', async () => {
    const { exit, stdout } = await lint('--format', 'json');
    expect(exit).toBe(1);
    const report = JSON.parse(stdout);
    const schema = z.fromJSONSchema(JSON.parse(await readFile('schemas/lint-report.schema.json', 'utf8')));
    expect(schema.safeParse(report).error).toBeUndefined();
    expect(schema.safeParse({ ...report, files: -1 }).success).toBe(false);
    expect(report.findings[0]).toEqual({
      rule: 'drop-column',
      class: 'contract',
      severity: 'error',
      source: 'static',
      file: 'migrations/0002_drop.up.sql',
      line: 2,
      column: 1,
      statement: 'alter table orders drop column note',
      message: DROPPED,
      help: REPAIR,
    });
    expect(report.summary).toMatchObject({ errors: 2, warnings: 0, server: 15, measured: false, shipped: 0 });
  });

  it('writes SARIF that its published schema describes', async () => {
    const { stdout } = await lint('--format', 'sarif');
    const log = JSON.parse(stdout);
    const published = createRequire(import.meta.url)('schemastore/schemas/json/sarif-2.1.0-rtm.5.json');
    // Zod takes a reference for a whole address.
    const isReference = (key: string, value: unknown) => key === 'format' && value === 'uri-reference';
    const text = JSON.stringify(published, (key, value) => (isReference(key, value) ? undefined : value));
    const schema = z.fromJSONSchema(JSON.parse(text));
    expect(schema.safeParse(log).error).toBeUndefined();
    expect(schema.safeParse({ ...log, runs: [{ results: [] }] }).success).toBe(false);
    expect(log.runs[0].results.map(({ ruleId }: { readonly ruleId: string }) => ruleId)).toEqual([
      'drop-column',
      'create-index',
    ]);
    expect(log.runs[0].results[0].locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'migrations/0002_drop.up.sql' },
      region: { startLine: 2, startColumn: 1, snippet: { text: 'alter table orders drop column note' } },
    });
  });

  it('annotates a GitHub workflow', async () => {
    const { stdout } = await lint('--format', 'github');
    expect(stdout.split('\n')[0]).toBe(
      `::error file=migrations/0002_drop.up.sql,line=2,col=1,title=drop-column::${DROPPED}%0A${REPAIR}`,
    );
  });

  it('writes the repairs that are certain, and nothing else', async () => {
    const { exit, stdout, stderr } = await lint('--fix');
    expect(stderr).toBe('migrations/0003_index.up.sql: 1 statement rewritten\n');
    expect({ exit, last: stdout.split('\n').at(-2) }).toEqual({
      exit: 1,
      last: '3 files: 1 error, no warning; for Postgres 15.',
    });
    expect(await readFile(join(folder, 'migrations/0003_index.up.sql'), 'utf8')).toBe(
      '-- onward:transaction none\ncreate index concurrently orders_id_id on orders (id, id);\n',
    );
    expect(await readFile(join(folder, 'migrations/0002_drop.up.sql'), 'utf8')).toBe(
      '-- No longer shown.\nalter table orders\n  drop column note;\n',
    );
  });

  it('takes what a baseline says to be there for new', async () => {
    await write({
      'schema.sql': 'create table customers (id bigint primary key, name varchar(10));\n',
      'one/0001_name.up.sql': 'alter table customers alter column name type varchar(20);\n',
    });
    const { exit, stdout } = await lint('one', '--baseline', 'schema.sql');
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: '1 file: no error, no warning; for Postgres 15.\n' });
  });
});
