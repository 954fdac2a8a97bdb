import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../test/support/free-port.ts';
import type { Catalog, Condition, ConditionFact, LeafCondition } from '../../model/index.ts';
import {
  type ConnectionTarget,
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  type Session,
  startEmbeddedPostgres,
} from '../../system/index.ts';
import type { Installation } from '../installation.ts';
import { observeConditions } from './observe-conditions.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });

const targetOf = (url: string) => resolveConnectionTarget({ url, origin: 'test', environment: {} });

/** What conditions may ask, and nothing else of an installation. */
function installationOn(databases: { readonly [name: string]: ConnectionTarget }): Installation {
  return {
    databases: new Map(Object.entries(databases)),
    deployment: {
      services: [{ name: 'api', runtime: { kind: 'process' } }],
      databases: [],
      stateDirectory: '/nowhere',
    },
    programs: { supervisor: '', switch: '', toolVersion: '1.2.0' },
  } as unknown as Installation;
}

async function look(installation: Installation, ...when: readonly Condition[]): Promise<ConditionFact> {
  const catalog: Catalog = {
    product: 'shop',
    rules: { skipMinor: true, skipMajor: true },
    releases: ['1.0.0', '1.1.0'].map((version) => ({
      version,
      digest: `sha256:${'0'.repeat(64)}`,
      publishedAt: '2026-01-01T00:00:00.000Z',
      stops: [],
    })),
    channels: {},
    risks: [{ id: 'asked', message: 'x', affects: '1.1.0', when }],
  };
  const { risks } = await observeConditions(system, installation, { catalog, from: '1.0.0', to: '1.1.0' });
  return risks.get('asked') ?? { state: 'unknown', evidence: 'it was not looked at' };
}

const sql = (query: string, equals = 'true'): LeafCondition => ({ kind: 'sql', database: 'core', query, equals });

for (const version of ['14', '18'] as const) {
  describe(`conditions on Postgres ${version}`, () => {
    let server: EmbeddedPostgres;
    let admin: Session;
    let installation: Installation;

    beforeAll(async () => {
      server = await startEmbeddedPostgres({ isDurable: false, version });
      const core = await targetOf(`${server.url}/postgres`);
      admin = await system.postgres.connect(core, { applicationName: 'test' });
      await admin.query(`
        create table orders (id bigint primary key, total numeric);
        insert into orders select n, n from generate_series(1, 100) as n;
        create table parted (id bigint) partition by range (id);
        create table parted_1 partition of parted for values from (0) to (100);
        create table parted_2 partition of parted for values from (100) to (200);
        insert into parted select n from generate_series(0, 149) as n;
        create table never (id bigint) with (autovacuum_enabled = off);
        insert into never values (1);
        create view shown as select * from orders;
        create sequence counter;
        create function add_order() returns bigint language sql volatile as 'insert into orders values (1000, 1) returning id';
        create role vendor login;
        create table hidden (id bigint);
        insert into hidden values (1);
        alter table hidden enable row level security;
        create policy none on hidden using (false);
        grant select on hidden, orders to vendor;
        analyze orders; analyze parted;
      `);
      installation = installationOn({ core });
    });
    afterAll(async () => {
      await admin?.close();
      await server?.remove();
    });

    it('compare the one value of a query as text', async () => {
      expect(await look(installation, sql('select count(*) from orders', '100'))).toEqual({
        state: 'applies',
        evidence: 'the query on core gives 100',
      });
      expect(await look(installation, sql('select sum(total) > 5 from orders; -- all of them', 'false'))).toEqual({
        state: 'does-not-apply',
        evidence: 'the query on core gives true, not false',
      });
      expect((await look(installation, sql("select array['a', 'b'] -- text", '{a,b}'))).state).toBe('applies');
    });

    it('are unknown without one row and one value', async () => {
      for (const [query, evidence] of [
        ['select id from orders where false', 'the query on core gives no row'],
        ['select id from orders', 'the query on core gives more than one row'],
        ['select 1, 2', 'the query on core gives 2 columns, not one'],
        ['select null', 'the query on core gives null'],
        ['select id from carts', 'the query on core fails: relation "carts" does not exist (42P01)'],
        ['select 1 / 0', 'the query on core fails: division by zero (22012)'],
        ['select 1; select 2', 'the query on core cannot be used: it holds more than one statement'],
      ])
        expect(await look(installation, sql(query ?? '', '1'))).toEqual({ state: 'unknown', evidence });
    });

    it('cannot write, by whatever way, and go on after one has tried', async () => {
      for (const query of [
        'select add_order()',
        "select nextval('counter')",
        "select set_config('transaction_read_only', 'off', false)",
        'with gone as (delete from orders returning id) select count(*) from gone',
        'select id from orders limit 1 for update',
      ])
        expect([query, (await look(installation, sql(query, '1'))).state]).toEqual([query, 'unknown']);
      const both = {
        kind: 'all',
        of: [sql('select add_order()', '1000'), sql('select count(*) from orders', '99')],
      } as const;
      expect((await look(installation, both)).state).toBe('does-not-apply');
      expect((await admin.query('select count(*) as n from orders')).rows).toEqual([{ n: '100' }]);
    });

    it('are unknown where row-level security hides rows from the role', async () => {
      const asVendor = installationOn({ core: { ...(await targetOf(`${server.url}/postgres`)), user: 'vendor' } });
      expect(await look(asVendor, sql('select count(*) from hidden', '0'))).toMatchObject({
        state: 'unknown',
        evidence: expect.stringContaining('row-level security'),
      });
      expect((await look(asVendor, sql('select count(*) from orders', '100'))).state).toBe('applies');
    });

    it('are unknown behind a lock', async () => {
      await admin.query('begin; lock table orders in access exclusive mode');
      try {
        expect(await look(installation, sql('select count(*) from orders', '0'))).toMatchObject({
          state: 'unknown',
          evidence: expect.stringContaining('lock timeout'),
        });
      } finally {
        await admin.query('rollback');
      }
    });

    it('see the server, extensions, tables, runtimes and the tool', async () => {
      const facts: readonly (readonly [Extract<LeafCondition, { kind: 'fact' }>, ConditionFact['state'], string])[] = [
        [
          { kind: 'fact', fact: 'server', database: 'core', version: `>=${version} <${Number(version) + 1}` },
          'applies',
          `the server of core is ${version}.`,
        ],
        [
          { kind: 'fact', fact: 'server', database: 'core', version: '<14 || >=19' },
          'does-not-apply',
          `is ${version}.`,
        ],
        [{ kind: 'fact', fact: 'extension', database: 'core', name: 'plpgsql' }, 'applies', 'extension plpgsql 1.0'],
        [
          { kind: 'fact', fact: 'extension', database: 'core', name: 'plpgsql', version: '>=1.1' },
          'does-not-apply',
          'plpgsql 1.0',
        ],
        [{ kind: 'fact', fact: 'extension', database: 'core', name: 'postgis' }, 'does-not-apply', 'does not have'],
        [
          { kind: 'fact', fact: 'table', database: 'core', table: 'orders', rows: { above: 99, below: 101 } },
          'applies',
          'about 100 rows',
        ],
        [
          { kind: 'fact', fact: 'table', database: 'core', table: 'public.parted', rows: { above: 150 } },
          'does-not-apply',
          'about 150 rows',
        ],
        [
          { kind: 'fact', fact: 'table', database: 'core', table: 'parted', bytes: { above: 8192 } },
          'applies',
          '16.0 KiB',
        ],
        [
          { kind: 'fact', fact: 'table', database: 'core', table: 'never', rows: { below: 5 } },
          'unknown',
          'ANALYZE never',
        ],
        [
          { kind: 'fact', fact: 'table', database: 'core', table: 'carts', rows: { above: 5 } },
          'unknown',
          'there is no table carts',
        ],
        [
          { kind: 'fact', fact: 'table', database: 'core', table: 'shown', rows: { above: 5 } },
          'unknown',
          'is not a table',
        ],
        [{ kind: 'fact', fact: 'runtime', service: 'api', is: 'process' }, 'applies', 'api runs on process'],
        [{ kind: 'fact', fact: 'runtime', service: 'api', is: 'compose' }, 'does-not-apply', 'api runs on process'],
        [{ kind: 'fact', fact: 'runtime', service: 'web', is: 'process' }, 'unknown', 'no service web'],
        [{ kind: 'fact', fact: 'tool', version: '<1.2' }, 'does-not-apply', 'Onward is 1.2.0'],
      ];
      for (const [condition, state, evidence] of facts)
        expect([condition, await look(installation, condition)]).toEqual([
          condition,
          { state, evidence: expect.stringContaining(evidence) },
        ]);
    });

    it('count when any applies or is unknown, and none is left out because another one fails', async () => {
      const no = sql('select false');
      expect((await look(installation, no, sql('select true'))).state).toBe('applies');
      expect((await look(installation, no, sql('select nothing'))).state).toBe('unknown');
      expect((await look(installation, no, { kind: 'all', of: [sql('select nothing'), no] })).state).toBe(
        'does-not-apply',
      );
      expect((await look(installation, sql('select nothing'), no, sql('select true'))).state).toBe('applies');
    });
  });
}

describe('conditions on a database that does not answer', () => {
  it('are unknown, and so count: not there, silent, not configured, or with a query that takes too long', async () => {
    const server = await startEmbeddedPostgres({ isDurable: false });
    const silent = createServer().listen(0, '127.0.0.1');
    try {
      await once(silent, 'listening');
      const core = await targetOf(`${server.url}/postgres`);
      const on = (more: Partial<ConnectionTarget>) => installationOn({ core: { ...core, ...more } });
      const { port } = silent.address() as AddressInfo;
      const gone = on({ port: await freePort() });
      const facts = await Promise.all([
        look(gone, sql('select false'), { kind: 'fact', fact: 'server', database: 'core', version: '<1' }),
        look(on({ host: '127.0.0.1', port }), sql('select false'), sql('select 1', '2')),
        look(installationOn({}), sql('select false')),
        look(gone, { kind: 'dataMigration', id: 'split', is: 'incomplete' }),
        look(on({}), sql('select pg_sleep(60) is null')),
      ]);
      expect(facts.map(({ state }) => state)).toEqual(Array(5).fill('unknown'));
      expect(facts[1]?.evidence).toBe('there was no answer within 8 s; there was no answer within 8 s');
      expect(facts[2]?.evidence).toBe('onward.yaml has no database core');
      expect(facts[4]?.evidence).toContain('statement timeout');
    } finally {
      silent.close();
      await server.remove();
    }
  });
});
