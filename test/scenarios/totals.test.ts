import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;
let patch = 0;
/** The release that serves. */
let serving = '1.0.0';

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'totals');
  // The smoke check of the items would notice what the totals are to notice.
  await tiny.writeDeployment((text) => text.replace(/^ {2}- \{ name: items.*\n/m, ''));
  await tiny.publish('1.0.0');
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  await tiny.query(`insert into item (id, name) select n, 'item ' || n % 3 from generate_series(1, 300) as n`);
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

const TOTALS = `totals:
  - { name: items, database: core, query: select count(*) as items from item, compare: exact }
  - name: items by name
    database: core
    by: name
    query: select name, count(*) from item group by name
    compare: not-less
  - { name: items without a name, database: core, query: select count(*) from item where name is null, equals: 0 }
`;
const LOSE = 'delete from item where id = 7;\n';
const KEPT = 'rollback: { until: postdeploy }\n';

async function publishNext(details: string, migrations: { readonly [path: string]: string } = {}): Promise<string> {
  patch += 1;
  const version = `1.0.${patch}`;
  await tiny.publish(version, { behaviour: { web: { mark: version } }, migrations, details });
  return version;
}

async function expectWhole(version: string): Promise<void> {
  const status = JSON.parse((await tiny.onward(['status', '--json'])).stdout);
  expect(status).toMatchObject({ release: version });
  expect(status.run).toBeUndefined();
  expect((await tiny.onward(['doctor'])).stdout).toMatch(/^Nothing to repair/);
  serving = version;
}

async function putBack(): Promise<void> {
  await tiny.query(`insert into item (id, name) values (7, 'item 1') on conflict do nothing`);
}

describe('an upgrade to a release with totals', () => {
  it('reads them before anything changes and after every phase, and says so', async () => {
    const version = await publishNext(TOTALS, { 'expand/001_note.sql': 'alter table item add column note text;\n' });
    const result = await tiny.onward(['upgrade', '--yes']);
    expect(result.exit, result.stderr).toBe(0);
    expect(result.stderr).toContain('  3 totals compared after each of 5 phases, all as they must be\n');
    await expectWhole(version);
    const moments = (await newestJournal()).flatMap(({ key, data }) => (key === 'totals' ? [data.moment] : []));
    expect(moments).toEqual(['expand', 'roll', 'data', 'postdeploy', 'verify']);
  });

  it('shows them in "onward verify" afterwards, which fails when one does not have its value', async () => {
    const well = await tiny.onward(['verify']);
    expect(well.stdout).toMatch(/^ok {6}total items: items 300 {2}\(.*\)$/m);
    expect(well.stdout).toMatch(/^ok {6}total items by name: 3 rows {2}\(.*\)$/m);
    expect(well.exit).toBe(0);
    await tiny.query('update item set name = null where id = 9');
    const ill = await tiny.onward(['verify']);
    expect(ill.stdout).toMatch(/^failed {2}total items without a name: count is 1, and must be 0 {2}\(/m);
    expect(ill.exit).toBe(1);
    await tiny.query(`update item set name = 'item 0' where id = 9`);
  });
});

describe('a migration that loses a row', () => {
  it('in expand is found there, and no service is touched', async () => {
    await publishNext(TOTALS, { 'expand/001_lose.sql': LOSE });
    const result = await tiny.onward(['upgrade', '--yes']);
    expect(result.stderr).toContain('Could not go on after expand: 2 totals are not what they must be.');
    expect(result.stderr).toContain('items: items was 300 and is 299\n');
    expect(result.stderr).toContain('items by name: count of item 1 was 100 and is 99: it must not be less\n');
    expect(result.stderr).toContain(`Serving: ${serving}; no service was touched.`);
    expect(result.exit).toBe(4);
    await expectWhole(serving);
    await putBack();
  });

  it('in postdeploy is found there, and the release goes back', async () => {
    await publishNext(`${TOTALS}${KEPT}`, { 'postdeploy/001_lose.sql': LOSE });
    const result = await tiny.onward(['upgrade', '--yes']);
    expect(result.stderr).toContain('Could not go on after postdeploy');
    expect(result.exit).toBe(3);
    await expectWhole(serving);
    await putBack();
  });

  it('in the data phase is found there; the run stays, verify shows the difference, and it can go on once the row is back', async () => {
    const version = await publishNext(MOVED, {
      'expand/001_copy.sql': 'create table copy (id bigint primary key, name text);\n',
      ...{
        'expand/002_lose.sql': `create function lose() returns trigger language plpgsql as $$ begin return null; end $$;
create trigger lose before insert on copy for each row when (new.id = 7) execute function lose();\n`,
      },
    });
    const result = await tiny.onward(['upgrade', '--yes']);
    expect(result.stderr).toContain('items: items was 300 and is 299\n');
    expect(result.stderr).toContain('Could not go on after data: a total is not what it must be.');
    expect(result.exit).toBe(4);
    const verified = await tiny.onward(['verify']);
    expect(verified.stdout).toMatch(/^failed {2}total items: items was 300 and is 299 {2}\(/m);
    await tiny.query('drop trigger lose on copy');
    await tiny.query(`insert into copy select id, name from item where id = 7`);
    const again = await tiny.onward(['upgrade', '--yes']);
    expect(again.exit, again.stderr).toBe(0);
    await expectWhole(version);
  });
});

/** The items move to another table, and are counted there once they are. */
const MOVED = `totals:
  - name: items
    database: core
    query: select count(*) as items from item
    moved: { after: data, query: select count(*) as items from copy }
    compare: exact
dataMigrations:
  - id: copy-items
    database: core
    table: item
    key: id
    insert: { into: copy, columns: [id, name], select: "select id, name from batch" }
    where: "true"
    verify: select count(*) from item where id <> 7 and not exists (select from copy where copy.id = item.id)
    before: postdeploy
`;

describe('a total that cannot be compared', () => {
  it('stops the run before anything changes', async () => {
    const version = await publishNext(
      `totals:
  - { name: unreadable, database: core, query: select count(*) from nowhere, compare: exact }
  - { name: wrong, database: core, query: select count(*) from item, equals: 5 }
  - { name: slow, database: core, query: select pg_sleep(9), compare: exact, timeout: 100ms }
`,
      { 'expand/001_never.sql': 'alter table item add column never text;\n' },
    );
    const result = await tiny.onward(['upgrade', '--yes']);
    expect(result.stderr).toContain('Could not start: 3 totals cannot be compared with what is there now');
    expect(result.stderr).toContain('unreadable: it cannot be read: relation "nowhere" does not exist\n');
    expect(result.stderr).toContain('wrong: count is 300, and must be 5\n');
    expect(result.stderr).toContain('slow: it took longer than 100 ms\n');
    expect(result.exit).toBe(1);
    expect(await tiny.query(`select attname from pg_attribute where attname = 'never'`)).toEqual([]);
    await expectWhole(serving);
    await withdraw(version);
  });
});

describe('an upgrade that jumps over a release', () => {
  it('keeps what that one alone must keep, unless it was withdrawn', async () => {
    const passed = await publishNext('totals:\n  - { name: own, database: core, query: select 1, equals: 2 }\n');
    const version = await publishNext('{}');
    const result = await tiny.onward(['upgrade', '--yes']);
    expect(result.stderr).toContain('own: ?column? is 1, and must be 2');
    await withdraw(passed);
    const again = await tiny.onward(['upgrade', '--yes']);
    expect(again.exit, again.stderr).toBe(0);
    await expectWhole(version);
  });
});

async function withdraw(version: string): Promise<void> {
  const source = join(tiny.folder, 'releases');
  const result = await tiny.onward([
    'release',
    'withdraw',
    version,
    '--reason',
    'its total is wrong',
    '--source',
    source,
  ]);
  expect(result.exit, result.stderr).toBe(0);
}

interface Recorded {
  readonly key: string;
  readonly data: { readonly moment?: string };
}

async function newestJournal(): Promise<readonly Recorded[]> {
  const runs = join(tiny.stateDirectory, 'runs');
  const [newest = ''] = (await readdir(runs)).sort().reverse();
  const text = await readFile(join(runs, newest, 'journal-000002.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
