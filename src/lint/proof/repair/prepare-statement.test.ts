import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSqlParser, PostgresError, type Session } from '../../../system/index.ts';
import { type ProofServer, startProofServer } from '../test-support.ts';
import { prepareStatement } from './prepare-statement.ts';

let server: ProofServer;
let session: Session;
beforeAll(async () => {
  server = await startProofServer();
  const target = await server.createDatabase('create table visit (id int, at timestamptz, day date, note text)');
  session = await server.system.postgres.connect(target, { applicationName: 'test' });
});
afterAll(async () => {
  await session?.close();
  await server?.close();
});

let count = 0;

async function repair(sql: string): Promise<string> {
  count += 1;
  const result = await prepareStatement(session, await loadSqlParser(), { sql, name: `test${count}` });
  return result instanceof PostgresError ? `${result.code} ${result.message}` : result.sql;
}

describe('prepareStatement()', () => {
  it.each([
    [
      'select id from visit where at > now() - interval $1',
      'select id from visit where at > now() - cast($1 as interval)',
    ],
    ['select interval $1 day to second(3)', 'select cast($1 as interval day to second ( 3 ))'],
    ['select interval(3) $1', 'select cast($1 as interval ( 3 ))'],
    [
      'select id from visit where day = date $1 and at < timestamptz $2',
      'select id from visit where day = cast($1 as date) and at < cast($2 as timestamptz)',
    ],
    ['select timestamp with time zone $1', 'select cast($1 as timestamp with time zone)'],
    ['select timestamp(3) with time zone $1', 'select cast($1 as timestamp ( 3 ) with time zone)'],
    [
      'select pg_catalog.int4 $1, double precision $2',
      'select cast($1 as pg_catalog.int4), cast($2 as double precision)',
    ],
    ['select extract($1 from at) from visit', 'select pg_catalog."extract"($1::pg_catalog.text, at) from visit'],
    [
      "select 'é', EXTRACT ($1 FROM at - interval $2) from visit",
      'select \'é\', pg_catalog."extract" ($1::pg_catalog.text, at - cast($2 as interval)) from visit',
    ],
    [
      'select extract($1 from at), note from visit where id = $2 group by extract(year from at), note',
      'select extract(year from at), note from visit where id = $1 group by extract(year from at), note',
    ],
  ])('writes what the grammar wants a constant for as a cast: %s', async (sql, repaired) => {
    expect(await repair(sql)).toBe(repaired);
  });

  it.each([
    [
      'select date_trunc($1, at), count(*) from visit group by date_trunc($2, at) order by date_trunc($3, at)',
      'select date_trunc($1, at), count(*) from visit group by date_trunc($1, at) order by date_trunc($1, at)',
    ],
    [
      'select coalesce(note, $1) || $2, count(*) from visit where id = $3 group by coalesce(note, $4)',
      'select coalesce(note, $3) || $1, count(*) from visit where id = $2 group by coalesce(note, $3)',
    ],
    [
      'select distinct on (id + $1) id + $2, note from visit order by id + $3',
      'select distinct on (id + $1) id + $1, note from visit order by id + $1',
    ],
  ])('takes a constant that was grouped by for one: %s', async (sql, repaired) => {
    expect(await repair(sql)).toBe(repaired);
  });

  it.each([
    ['select count($1) from visit', 'select count($1::pg_catalog.int4) from visit'],
    [
      'select * from generate_series($1, $2)',
      'select * from generate_series($1::pg_catalog.int4, $2::pg_catalog.int4)',
    ],
    ['select jsonb_build_object($1, id) from visit', 'select jsonb_build_object($1::pg_catalog.int4, id) from visit'],
    ['select id from visit where at > now() - $1', 'select id from visit where at > now() - $1::pg_catalog.interval'],
    [
      'select $1 + $2, $3 - $4',
      'select $1::pg_catalog.int4 + $2::pg_catalog.int4, $3::pg_catalog.int4 - $4::pg_catalog.int4',
    ],
    ['select round($1), concat($2, note) from visit', 'select round($1), concat($2::pg_catalog.int4, note) from visit'],
  ])('gives a parameter that could be anything a type: %s', async (sql, repaired) => {
    expect(await repair(sql)).toBe(repaired);
  });

  it('leaves alone what can be prepared as it stands', async () => {
    const sql = 'select id from visit where id in ($1 /*, ... */) and note like $2 limit $3';
    expect(await repair(sql)).toBe(sql);
  });

  it('gives the first error when no repair helps', async () => {
    expect(await repair('select id from visit where nothing = $1 + $2')).toBe('42703 column "nothing" does not exist');
    expect(await repair('select $1 $2 $3')).toMatch(/^42601 syntax error/);
  });
});
