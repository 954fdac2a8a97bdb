import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';

const ROWS = 2_000;

let server: EmbeddedPostgres;
let tiny: TestDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'data-service');
  await tiny.publish('1.0.0');
  await tiny.writeDeployment((text) =>
    text.replace(
      'api: { runtime: process,',
      `api: { runtime: process, environment: { DATABASE_URL: "${tiny.databaseUrl}" },`,
    ),
  );
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  await tiny.query(`insert into item (id, name) select n * 7, 'a' || n || ' b' from generate_series(1, ${ROWS}) as n`);
  const product = join(tiny.folder, 'vendor/product.yaml');
  const text = await readFile(product, 'utf8');
  await writeFile(
    product,
    text.replace('api: { database: core,', 'api: { database: core, dataMigrations: node data.mjs,'),
  );
  await bundleProgram('test/support/data-service.ts', join(tiny.folder, 'vendor/dist/api'), 'data');
});
afterAll(async () => {
  await tiny.remove();
  await server.remove();
});

/** A release with columns for the names in capitals, which the program of the service fills. */
async function publish(version: string, more = ''): Promise<void> {
  await tiny.publish(version, {
    behaviour: { api: { mark: version } },
    migrations:
      version === '1.1.0'
        ? {
            'expand/001_columns.sql':
              "alter table item add column loud text, add column changes integer not null default 0, add column tenant text not null default 'a';\n",
          }
        : { 'postdeploy/001_relied.sql': `comment on table item is 'relied on by ${version}';\n` },
    details: `dataMigrations:
  - { kind: service, id: shout, database: core, service: api, before: postdeploy${more} }
rollback: { until: postdeploy }
`,
  });
}

async function rowOf(): Promise<Readonly<Record<string, unknown>>> {
  const [row = {}] = await tiny.query(
    `select status, scanned::int as scanned, changed::int as changed, failed::int as failed, remaining::int as remaining,
            (select sum(changes)::int from item) as changes,
            (select count(*)::int from item where loud is distinct from upper(name)) as wrong,
            (select coalesce(sum(b.changed), 0) from onward.data_migration_batch b) = changed
              and (select count(*) from onward.data_migration_batch b) = batches as adds_up
     from onward.data_migration where id = 'shout'`,
  );
  return row;
}

const COMPLETED = { status: 'completed', remaining: 0, wrong: 0, adds_up: true };

describe('an upgrade whose data migration is done by a service', () => {
  it('has the program of the new release do it, and counts again before postdeploy', async () => {
    await publish('1.1.0');
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(await rowOf()).toEqual({ ...COMPLETED, scanned: ROWS, changed: ROWS, failed: 0, changes: ROWS });
    const list = await tiny.onward(['data-migrate', 'list']);
    expect(list.stdout).toBe('completed  shout  1.1.0  core  by api, before postdeploy\n');
    expect((await tiny.onward(['data-migrate', 'verify', 'shout'])).stdout).toBe('shout: 0 rows in the old shape.\n');
  });
});
