import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyMigrations, readMigrations } from '../../migrate/index.ts';
import { createSystem } from '../../system/index.ts';
import { readLintFiles } from '../layouts/read-lint-files.ts';
import { openScratch, type Scratch } from '../scratch/scratch.ts';
import { checkInvariants } from './check-invariants.ts';
import type { MigrateEngine } from './create-migration-runs.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
let scratch: Scratch;
const folders: string[] = [];
beforeAll(async () => {
  scratch = await openScratch(system);
});
afterAll(async () => {
  await scratch?.close();
  await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
});

/** The engine that applies releases, on a folder's files of every phase. */
function engineFor(migrations: string): MigrateEngine {
  return async (target) => {
    const { files } = await readMigrations(system, migrations, { database: 'core', release: '1.0.0' });
    const phases = ['expand', 'postdeploy', 'contract'] as const;
    const run = system.random.hex(4);
    const report = await applyMigrations(system, { database: 'core', target, files, phases, release: '1.0.0', run });
    return report.applied.length;
  };
}

/** What is found, as `file:line rule message`, for these migrations and invariants. */
async function check(given: {
  readonly migrations: string;
  readonly invariants: { readonly [name: string]: string };
  readonly withEngine?: boolean;
}): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'onward-invariants-'));
  folders.push(folder);
  const files = { 'migrations/0001_all.up.sql': given.migrations, ...given.invariants };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const read = await readLintFiles(system, { paths: [join(folder, 'migrations')] });
  const findings = await checkInvariants(system, {
    scratch,
    files: read.files,
    baseline: [],
    folder: join(folder, 'invariants'),
    ...(given.withEngine ? { migrate: engineFor(join(folder, 'migrations')) } : {}),
  });
  return findings.map(
    ({ file, line, rule, message }) => `${file.slice(folder.length + 12)}:${line} ${rule} ${message}`,
  );
}

const SCHEMA = `
create table orders (id bigint primary key, total int, constraint positive check (total > 0));
create index orders_total on orders (total);
create table log (id bigint primary key, what text);
grant select, insert on log to app_of_invariants;
create table notes (id bigint primary key, what text);
grant select, insert, update on notes to app_of_invariants;
create table invoices (id bigint primary key, state text, total int);
create function refuse() returns trigger language plpgsql as $$ begin if old.state = 'issued' then raise 'an issued invoice stays'; end if; return new; end $$;
create trigger refuse before update on invoices for each row execute function refuse();
create table drafts (id bigint primary key, tenant_id int);
create table letters (id bigint primary key, tenant_id int);
alter table letters enable row level security;
create policy own on letters using (tenant_id = nullif(current_setting('app.tenant', true), '')::int);
create table parcels (id bigint primary key, tenant_id int);
alter table parcels enable row level security;
create policy everybody on parcels using (true);
grant select on drafts, letters, parcels to app_of_invariants;
create table events (at timestamptz) partition by range (at);
create table events_old partition of events for values from ('2020-01-01') to ('2020-02-01');
create table visits (at timestamptz) partition by range (at);
create table visits_all partition of visits for values from ('2020-01-01') to ('2999-01-01');
`;

describe('checkInvariants()', () => {
  it('finds nothing where everything is as declared', async () => {
    const found = await check({
      migrations: SCHEMA,
      withEngine: true,
      invariants: {
        'invariants/all.yaml': `
given: insert into invoices values (1, 'issued', 5)
expect: { orders: { columns: [id, total], constraints: [positive], indexes: [orders_total] } }
appendOnly: { tables: [log], role: app_of_invariants }
immutable: [{ table: invoices, where: state = 'issued' }]
tenants: { column: tenant_id, role: app_of_invariants, except: [drafts, parcels] }
partitions: [{ table: visits, ahead: 3, every: month }]
`,
        'invariants/ids.sql': 'select id from orders where id is null;',
      },
    });
    expect(found).toEqual([]);
  });

  it('says what is not, and where it was declared', async () => {
    const found = await check({
      migrations: SCHEMA,
      invariants: {
        'invariants/all.yaml': `given: insert into invoices values (1, 'paid', 5)
expect: { orders: { columns: [id, note], indexes: [other] }, missing: {} }
appendOnly: { tables: [notes], role: app_of_invariants }
immutable:
  - { table: invoices, where: state = 'paid', columns: [total] }
tenants: { column: tenant_id, role: app_of_invariants }
partitions: [{ table: events, ahead: 1, every: month }]
`,
        'invariants/ids.sql': 'select 1 as one;\nselect nothing from orders;',
      },
    });
    expect(found.map((line) => line.replace(/\d{4}-\d\d-\d\d [\d:+.]+/g, 'T'))).toEqual([
      'all.yaml:2 invariant-expected-objects orders has no column note',
      'all.yaml:2 invariant-expected-objects orders has no index other',
      'all.yaml:2 invariant-expected-objects there is no table missing',
      'all.yaml:3 invariant-append-only app_of_invariants can update notes',
      'all.yaml:5 invariant-immutable-rows total of invoices can be changed',
      'all.yaml:6 invariant-tenant-isolation public.drafts has no row-level security',
      'all.yaml:6 invariant-tenant-isolation app_of_invariants sees rows of public.parcels without saying which tenant it is',
      'all.yaml:7 invariant-partition-window the partitions of events end at T, and should reach T',
      'ids.sql:1 invariant-query it gives the row {"one":1}, and should give none',
      'ids.sql:2 invariant-query it cannot be asked: column "nothing" does not exist',
    ]);
  });

  it('compares a fresh install with what the migrations make', async () => {
    const found = await check({
      migrations: 'create table orders (id bigint primary key, note text);',
      invariants: {
        'invariants/same.yaml': 'sameSchema: ../fresh.sql\n',
        'fresh.sql': 'create table orders (id bigint primary key);',
      },
    });
    expect(found).toEqual(
      [
        'same.yaml:1 invariant-migration-runs compared with a fresh install from FRESH: public.orders + column note: text',
      ].map((line) =>
        expect.stringMatching(
          new RegExp(`^${line.split('FRESH')[0]}.*fresh\\.sql: public\\.orders \\+ column note: text`),
        ),
      ),
    );
  });

  it('finds what a second run or a second runner changes', async () => {
    const found = await check({
      migrations: 'create table orders (id bigint primary key);',
      withEngine: true,
      invariants: { 'invariants/runs.yaml': 'secondRun: true\ntwoRunners: true\n' },
    });
    expect(found).toEqual([]);
    const without = await check({
      migrations: 'create table orders (id bigint primary key);',
      invariants: { 'invariants/runs.yaml': 'secondRun: true\n' },
    });
    expect(without).toEqual([
      'runs.yaml:1 invariant-migration-runs Onward does not run migrations of this layout, so its runs cannot be tried',
    ]);
  });

  it('names every problem of a file that cannot be read', async () => {
    const found = await check({
      migrations: 'create table orders (id bigint primary key);',
      invariants: { 'invariants/wrong.yaml': 'appendOnly: { table: [log] }\nsecondRun: maybe\n' },
    });
    expect(found.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'wrong.yaml:1 unreadable-invariants',
      'wrong.yaml:1 unreadable-invariants',
      'wrong.yaml:2 unreadable-invariants',
    ]);
  });
});
