import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from './test-support.ts';

let servers: TestServer;
beforeAll(async () => {
  servers = await startTestServer({ settings: { max_connections: '60' } });
});
afterAll(() => servers.close());

/** Each statement leaves a trace that shows how often it had its effect. */
const FILES = {
  '001_traces.sql': `create table trace (what text); create table t (id int, a int); insert into t select g, g from generate_series(1, 2000) g;
    insert into trace values ('1');`,
  '002_index.notx.sql': `insert into trace values ('2a'); create index concurrently t_a on t (a); insert into trace values ('2b');
    create unique index concurrently on t (id); reindex index concurrently t_a; vacuum t; insert into trace values ('2c');`,
  '003_column.sql': `alter table t add column b int; insert into trace values ('3a'); update t set b = a; insert into trace values ('3b');`,
  '004_drop.notx.sql': `drop index concurrently t_a; insert into trace values ('4');`,
  '005_last.sql': `insert into trace values ('5');`,
};

describe('a run that is ended at any moment', () => {
  const seed = Date.now() % 2 ** 31;

  it(`applies every file exactly once when it is run again (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 5 }), async (delays) => {
        const database = await servers.createDatabase();
        const admin = await database.connect('admin');
        for (const [attempt, delay] of delays.entries()) {
          const applying = database.apply(FILES, { run: `run-${attempt}` }).catch((error: unknown) => error);
          await admin.query(`select pg_sleep(${delay / 1000 + 0.02})`);
          await admin.query(
            `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'onward migrate' and datname = current_database()`,
          );
          await applying;
        }
        await database.apply(FILES, { run: 'last' });
        expect(await database.ledger()).toEqual(Object.keys(FILES));
        const { rows } = await admin.query<{ what: string }>('select what from trace order by what');
        expect(rows.map(({ what }) => what)).toEqual(['1', '2a', '2b', '2c', '3a', '3b', '4', '5']);
        const { rows: indexes } = await admin.query(
          `select indexrelid::regclass::text as name, indisvalid as valid from pg_index where indrelid = 't'::regclass`,
        );
        expect(indexes).toEqual([{ name: 't_id_idx', valid: true }]);
        await admin.close();
      }),
      { seed, numRuns: 12 },
    );
  });
});
