import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runOnward } from '../../support/deployment.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-lint-build-'));
  await write({
    'product.yaml': `product: shop
databases: { core: { services: [api], server: ">=15", queries: ./queries.sql } }
services: { api: { database: core, artifact: ./dist/api, command: [node, main.mjs] } }
migrations: ./migrations
lint: { server: 15, measure: true, invariants: ./invariants }
`,
    'dist/api/main.mjs': '',
    'queries.sql': 'insert into orders (id, note) values ($1, $2);\n',
    'invariants/core.yaml': 'expect: { orders: { columns: [note] } }\n',
    'migrations/1.0.0/expand/001_orders.sql': 'create table orders (id bigint primary key, note text);\n',
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function write(files: { readonly [path: string]: string }): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

const onward = (...args: readonly string[]) => runOnward(args, { cwd: folder }).ended;
const build = (version: string) => onward('release', 'build', version);

describe('onward release build', () => {
  it('lists beside the migrations what has gone out', async () => {
    await write({ 'queries.sql': 'select 1;\n' });
    const { exit, stderr } = await build('1.0.0');
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    const list = await readFile(join(folder, 'migrations/released.sha256'), 'utf8');
    expect(list).toMatch(/^[0-9a-f]{64} {2}1\.0\.0\/expand\/001_orders\.sql\n$/);
    await write({ 'queries.sql': 'insert into orders (id, note) values ($1, $2);\n' });
  });

  it('proves the statements that the product names, and refuses what breaks them', async () => {
    await write({ 'migrations/1.1.0/expand/001_state.sql': 'alter table orders add column state text not null;\n' });
    const { exit, stderr } = await build('1.1.0');
    expect(exit).toBe(1);
    expect(stderr).toContain(
      'migrations/1.1.0/expand/001_state.sql:1:1: A statement of the old version fails with 23502',
    );
  });

  it('measures where the product says so', async () => {
    const sql =
      "-- onward:allow unknown-effects until 2.0.0: shows what is measured of it\ndo $$ begin execute 'alter table ' || 'orders drop column note'; end $$;\n";
    await write({ 'migrations/1.1.0/expand/001_state.sql': sql, 'queries.sql': 'select 1;\n' });
    const { exit, stderr } = await build('1.1.0');
    expect(exit).toBe(1);
    expect(stderr).toContain('It removes column public.orders.note');
  });

  it('looks at the invariants that the product names', async () => {
    await write({ 'migrations/1.1.0/expand/001_state.sql': 'alter table orders add column state text;\n' });
    await write({ 'invariants/core.yaml': 'expect: { orders: { columns: [total] } }\n' });
    const refused = await build('1.1.0');
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain('invariants/core.yaml:1:30: orders has no column total');
    await write({ 'invariants/core.yaml': 'expect: { orders: { columns: [state] } }\n' });
    expect((await build('1.1.0')).exit).toBe(0);
  });

  it('keeps in the release what was judged', async () => {
    const { stdout } = await onward('release', 'show', '1.1.0');
    expect(stdout).toContain('no error; for Postgres 15; measured; 1 statement proved (100.0 % of calls)');
  });
});

describe('onward release build of a data migration', () => {
  it('tries it out on the expanded schema, and says where it is wrong', async () => {
    await rm(join(folder, 'migrations/1.1.0'), { recursive: true, force: true });
    await write({
      'product.yaml': `product: shop
databases: { core: { services: [api], server: ">=15" } }
services: { api: { database: core, artifact: ./dist/api, command: [node, main.mjs] } }
migrations: ./migrations
releases: ./notes
lint: { server: 15, measure: true }
`,
      'migrations/1.9.0/expand/001_loud.sql': 'alter table orders add column loud text;\n',
      'notes/1.9.0.yaml': `dataMigrations:
  - id: loud
    database: core
    table: orders
    key: id
    set: loud = upper(note)
    where: note is not null
    verify: select count(*) from orders where loud is null
    before: contract
`,
    });
    const { exit, stderr } = await build('1.9.0');
    expect(exit).toBe(1);
    expect(stderr).toContain('notes/1.9.0.yaml:7:12: data migration "loud": "where" still finds');
    expect(stderr).toContain('Make "where" false for a row in the new shape.');
  });
});
