import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LedgerServer, startLedgerServer, type TestFiles } from '../../test/support/ledger-server.ts';
import { failure, type TestDatabase } from '../migrate/test-support.ts';
import type { OnwardError } from '../model/index.ts';

let server: LedgerServer;
beforeAll(async () => {
  server = await startLedgerServer();
});
afterAll(async () => {
  await server?.close();
});

const BASELINE = `create table customer (id bigint generated always as identity primary key, name text not null default 'n', note text);
create index customer_note on customer (note);
create view named as select name from customer;
`;
const FILES: TestFiles = [
  ['0001_baseline.up.sql', BASELINE],
  ['0010_invoice.up.sql', 'create table invoice (id bigint primary key);\n'],
  ['0011_order.up.sql', 'create table "order" (id bigint primary key);\n'],
];
const CARACAL =
  'create table schema_migrations (version text primary key, applied_at timestamptz not null default now())';

/** What years of files made, as a database of before the baseline has it. */
const GROWN = [
  'create table customer (id bigint generated always as identity primary key, note text)',
  `alter table customer add column name text not null default 'n'`,
  'create index customer_note on customer (note)',
  'create view named as select name from customer',
];
const OLD_ROWS = `insert into schema_migrations (version) values ('0001_customer'), ('0002_name'), ('0009_view')`;

/** An old database, with what is done to it after its files. */
async function createOld(...more: readonly string[]): Promise<TestDatabase> {
  return server.createDatabase(...GROWN, CARACAL, OLD_ROWS, ...more);
}

const BY_FILE = { baseline: '0001_baseline.up.sql' };

async function recorded(database: TestDatabase) {
  const session = await database.connect();
  return (await session.query('select path, origin from onward.migration order by path')).rows;
}

describe('a squashed baseline', () => {
  it('is recorded as applied once it is proven to make the schema that is there', async () => {
    const database = await createOld(
      'create table invoice (id bigint primary key)',
      `insert into schema_migrations (version) values ('0010_invoice')`,
    );
    const plan = await server.plan(database, FILES, BY_FILE);
    expect(plan.claimed.map(({ path }) => path)).toEqual(['0001_baseline.up.sql']);
    expect(plan.folded.map(({ key }) => key)).toEqual(['0001_customer', '0002_name', '0009_view']);
    expect(plan.taken.map(({ file }) => file.path)).toEqual(['0010_invoice.up.sql']);
    expect(plan.proof).toMatchObject({ files: 2, deciding: [] });
    expect(await server.takeOver(database, FILES, BY_FILE)).toBe(2);
    expect(await recorded(database)).toEqual([
      { path: '0001_baseline.up.sql', origin: 'baseline' },
      { path: '0010_invoice.up.sql', origin: 'caracal' },
    ]);
    const session = await database.connect();
    const { rows } = await session.query('select key, migration, proof from onward.adopted order by key collate "C"');
    expect(rows).toEqual([
      { key: '0001_customer', migration: null, proof: 'schema' },
      { key: '0002_name', migration: null, proof: 'schema' },
      { key: '0009_view', migration: null, proof: 'schema' },
      { key: '0010_invoice', migration: '10', proof: 'schema' },
      { key: 'baseline 0001_baseline.up.sql', migration: '1', proof: 'schema' },
    ]);
    const report = await database.apply(Object.fromEntries(FILES), { release: '' });
    expect(report.applied.map(({ file }) => file.path)).toEqual(['0011_order.up.sql']);
    expect(await server.takeOver(database, FILES, BY_FILE)).toBe(0);
  });

  it('is not assumed: without being named, the entries that it replaced have no file', async () => {
    const error = await failure<OnwardError>(server.takeOver(await createOld(), FILES));
    expect(error.code).toBe('adopt.refused');
    expect(error.findings.filter(({ code }) => code === 'adopt.no-file')).toHaveLength(3);
  });

  it('holds nothing that was applied after a file behind it', async () => {
    const database = await createOld(
      'create table invoice (id bigint primary key)',
      `insert into schema_migrations (version) values ('0010_invoice'), ('0099_lost')`,
    );
    const { findings } = await server.plan(database, FILES, BY_FILE);
    expect(findings.map(({ message }) => message)).toEqual([
      'Caracal applied 0099_lost.up.sql, and none of the files is certainly that one',
      'Caracal keeps no checksums: a file is taken for applied by name alone',
    ]);
  });

  it.each([
    [
      'a default',
      `alter table customer alter column name set default 'm'`,
      "~ column name: default 'n'::text -> 'm'::text",
    ],
    ['a missing index', 'drop index customer_note', '- index customer_note: btree (note)'],
    [
      'an index of another name',
      'alter index customer_note rename to customer_by_note',
      '+ index customer_by_note: btree (note)',
    ],
    ['a nullable column', 'alter table customer alter column name drop not null', '~ column name: not null yes -> no'],
    [
      'another type',
      'alter table customer alter column note type varchar(20)',
      '~ column note: type text -> character varying(20)',
    ],
    ['a column more', 'alter table customer add column extra text', '+ column extra: text'],
    [
      'a view that says something else',
      `create or replace view named as select name || '!' as name from customer`,
      '~ view: definition',
    ],
    [
      'a trigger',
      `create function f() returns trigger language plpgsql as 'begin return new; end';
                   create trigger t before insert on customer for each row execute function f()`,
      '+ trigger t:',
    ],
    ['a policy', 'create policy p on customer using (true)', '+ policy p:'],
    [
      'a check',
      `alter table customer add constraint c check (name <> '') not valid`,
      "+ constraint c: CHECK ((name <> ''::text)) NOT VALID",
    ],
    ['an extension that is missing', 'select 1', 'pg_trgm\n  - extension: version', 'create extension pg_trgm;\n'],
  ])('is refused with the difference: %s', async (_, sql, shown, more = '') => {
    const files: TestFiles = [['0001_baseline.up.sql', `${more}${BASELINE}`], ...FILES.slice(1)];
    const database = await createOld(sql);
    const error = await failure<OnwardError>(server.takeOver(database, files, BY_FILE));
    expect(error).toMatchObject({ code: 'adopt.schema-differs', state: 'unchanged', exit: 1 });
    expect(error.detail).toContain(shown);
    const session = await database.connect();
    expect((await session.query(`select to_regnamespace('onward') as found`)).rows).toEqual([{ found: null }]);
  });

  it.each([
    ['privileges', 'create role other_reader; grant select on customer to other_reader', 'privileges'],
    ["the operator's own extension", 'create extension pg_trgm', 'extension'],
    ['an empty schema', 'create schema monitoring', 'schema'],
    ['storage parameters', 'alter table customer set (fillfactor = 70)', 'options'],
  ])('is accepted, and told, in spite of %s', async (_, sql, told) => {
    const plan = await server.plan(await createOld(sql), FILES, BY_FILE);
    expect(plan.proof?.deciding).toEqual([]);
    const said = plan.proof?.told.map((change) => ('property' in change ? change.property : change.kind));
    // Its columns grew in another order than the baseline has them.
    expect(said).toEqual(expect.arrayContaining([told, 'column order']));
  });

  it('does not count partitions, which come and go with time, but counts the table that they are of', async () => {
    const months: TestFiles = [
      [
        '0001_baseline.up.sql',
        `create table event (at timestamptz not null) partition by range (at);
         create table event_2026_03 partition of event for values from ('2026-03-01') to ('2026-04-01');\n`,
      ],
    ];
    const parent = 'create table event (at timestamptz not null) partition by range (at)';
    const april = `create table event_2026_04 partition of event for values from ('2026-04-01') to ('2026-05-01')`;
    expect(await server.takeOver(await server.createDatabase(parent, april), months, BY_FILE)).toBe(1);
    const wider = await server.createDatabase(parent, april, 'alter table event add column kind text');
    const error = await failure<OnwardError>(server.takeOver(wider, months, BY_FILE));
    expect(error.detail).toContain('+ column kind: text');
  });

  it('needs no ledger of another tool', async () => {
    const database = await server.createDatabase(...GROWN);
    expect(await server.takeOver(database, FILES, BY_FILE)).toBe(1);
    expect(await recorded(database)).toEqual([{ path: '0001_baseline.up.sql', origin: 'baseline' }]);
  });

  it('leaves tables out that are not of the product, such as the ledger of a tool that is not known', async () => {
    const rails = [
      'create table schema_migrations (version varchar primary key)',
      'create table ar_internal_metadata (key varchar primary key)',
    ];
    const database = await server.createDatabase(...GROWN, ...rails);
    expect(await failure<OnwardError>(server.plan(database, FILES, BY_FILE))).toMatchObject({
      code: 'adopt.no-ledger',
    });
    const leaveOut = ['public.schema_migrations'];
    const error = await failure<OnwardError>(server.takeOver(database, FILES, { ...BY_FILE, leaveOut }));
    expect(error.detail).toBe('public.ar_internal_metadata\n  + table: table (key character varying not null)');
    leaveOut.push('public.ar_internal_metadata');
    expect(await server.takeOver(database, FILES, { ...BY_FILE, leaveOut })).toBe(1);
  });

  it('is built where unqualified names lead to for this role', async () => {
    const database = await server.createDatabase('create schema app', 'set search_path = app', ...GROWN);
    const session = await database.connect();
    await session.query(`alter database ${database.name} set search_path = app`);
    expect(await server.takeOver(database, FILES, BY_FILE)).toBe(1);
  });

  it('refuses files that stand before it and were never applied', async () => {
    const files: TestFiles = [
      ['0001_customer.up.sql', 'create table stray (id bigint primary key);\n'],
      ['0005_baseline.up.sql', BASELINE],
    ];
    const database = await server.createDatabase(...GROWN);
    const error = await failure<OnwardError>(server.takeOver(database, files, { baseline: '0005_baseline.up.sql' }));
    expect(error.findings.map(({ code }) => code)).toContain('adopt.before-baseline');
  });

  it('is one of the files, or a version', async () => {
    const error = await failure<OnwardError>(server.plan(await createOld(), FILES, { baseline: '0002_base.up.sql' }));
    expect(error).toMatchObject({ code: 'adopt.unknown-baseline', exit: 2 });
  });

  it('can be all files up to a version', async () => {
    const files: TestFiles = [
      ['1.0.0/expand/001_customer.sql', BASELINE],
      ['1.1.0/expand/001_invoice.sql', 'create table invoice (id bigint primary key);\n'],
      ['1.2.0/expand/001_order.sql', 'create table "order" (id bigint primary key);\n'],
    ];
    const database = await server.createDatabase(...GROWN, 'create table invoice (id bigint primary key)');
    expect(await server.takeOver(database, files, { baseline: '1.1.0' })).toBe(2);
    expect((await server.status(database, files)).pending.map(({ path }) => path)).toEqual([
      '1.2.0/expand/001_order.sql',
    ]);
    const error = await failure<OnwardError>(server.takeOver(database, files, { baseline: '1.2.0' }));
    expect(error.detail).toContain('public.order\n  - table: table (id bigint not null)');
  });
});

describe("FrameWorks' _schema_baseline", () => {
  const LEDGER = `create table _migrations (version text not null, phase text not null default 'expand', seq int not null, filename text not null,
    checksum text not null, transactional boolean not null default true, applied_at timestamptz not null default now(), primary key (version, phase, seq))`;
  const MARKER =
    'create table public._schema_baseline (floor text not null, applied_at timestamptz not null default now())';
  const files: TestFiles = [
    ['v0.2.95/expand/001_baseline.sql', BASELINE],
    ['v0.2.96/expand/001_invoice.sql', 'create table invoice (id bigint primary key);\n'],
  ];

  it('proves what stands below its floor, and leaves what stands at it to be applied', async () => {
    const database = await server.createDatabase(
      ...GROWN,
      LEDGER,
      MARKER,
      `insert into _schema_baseline values ('v0.2.96')`,
    );
    const plan = await server.plan(database, files);
    expect(plan.claimed.map(({ path }) => path)).toEqual(['v0.2.95/expand/001_baseline.sql']);
    expect(plan.proof).toMatchObject({ deciding: [], files: 1 });
    expect(await server.takeOver(database, files)).toBe(1);
    const report = await database.apply(Object.fromEntries(files), { release: '' });
    expect(report.applied.map(({ file }) => file.path)).toEqual(['v0.2.96/expand/001_invoice.sql']);
  });

  it('is enough by itself, before the first migration made the other table', async () => {
    const database = await server.createDatabase(...GROWN, MARKER, `insert into _schema_baseline values ('v0.2.96')`);
    expect(await server.takeOver(database, files)).toBe(1);
  });

  it('warns when no file holds what stands below its floor', async () => {
    const database = await server.createDatabase(
      ...GROWN,
      LEDGER,
      MARKER,
      `insert into _schema_baseline values ('v0.2.96')`,
    );
    const { findings, claimed } = await server.plan(database, files.slice(1));
    expect(claimed).toEqual([]);
    expect(findings.map(({ code }) => code)).toEqual(['adopt.no-baseline-file']);
  });

  it('is refused as long as it was never verified', async () => {
    const database = await server.createDatabase(
      ...GROWN,
      LEDGER,
      MARKER,
      `insert into _schema_baseline values ('pending')`,
    );
    const error = await failure<OnwardError>(server.takeOver(database, files));
    expect(error.findings.map(({ code }) => code)).toContain('adopt.unusable-baseline');
  });

  it('is refused when the schema is not what the files below its floor make', async () => {
    const database = await server.createDatabase(
      ...GROWN,
      LEDGER,
      MARKER,
      `insert into _schema_baseline values ('v0.2.96')`,
      'drop view named',
    );
    const error = await failure<OnwardError>(server.takeOver(database, files));
    expect(error.detail).toContain('public.named\n  - view');
  });
});
