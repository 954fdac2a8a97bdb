import { describe, expect, it } from 'vitest';
import { canonicalJson, type Json } from '../model/index.ts';
import type { Session } from '../system/index.ts';
import { compareSchemas } from './compare-schemas.ts';
import { loadSchema } from './load-schema.ts';
import { renderRepairs } from './render-repairs.ts';
import type { Schema } from './schema.ts';
import { UNUSUAL, UNUSUAL_SINCE_15 } from './test-cases/unusual.ts';
import { SHOP, startTestServer } from './test-support.ts';

const json = (schema: Schema) => canonicalJson(schema as unknown as Json);

/** What only newer servers know. */
const SINCE: readonly { readonly since: number; readonly sql: string; readonly seen: (schema: Schema) => unknown }[] = [
  {
    since: 15,
    sql: 'create table n15 (a integer, constraint n15_a unique nulls not distinct (a))',
    seen: (schema) => schema.tables['public.n15']?.indexes.map(({ hasNullsNotDistinct }) => hasNullsNotDistinct),
  },
  {
    since: 18,
    sql: 'create table n18 (a integer, b integer generated always as (a + 1) virtual)',
    seen: (schema) =>
      schema.tables['public.n18']?.columns.map(({ generated }) => generated?.kind === 'virtual').slice(1),
  },
  {
    since: 18,
    sql: 'create table e18 (a integer, constraint e18_a check (a > 0) not enforced)',
    seen: (schema) => schema.tables['public.e18']?.constraints.map(({ isEnforced }) => !isEnforced),
  },
  {
    since: 18,
    sql: 'create table v18 (a integer); alter table v18 add constraint v18_a not null a not valid',
    seen: (schema) =>
      schema.tables['public.v18']?.columns.map(({ isNotNull, isNotNullValidated }) => isNotNull && !isNotNullValidated),
  },
];

describe.each(['14', '15', '16', '17', '18'] as const)('on Postgres %s', (version) => {
  it('loads all there is, equal for equal databases, and builds it again from nothing', async () => {
    const server = await startTestServer(version);
    try {
      const session = await server.createDatabase(SHOP);
      await session.query(UNUSUAL + (version === '14' ? '' : UNUSUAL_SINCE_15));
      const news = SINCE.filter(({ since }) => since <= Number(version));
      for (const { sql } of news) await session.query(sql);
      const found = await loadSchema(session);
      for (const { seen } of news) expect(seen(found)).toEqual([true]);
      expect(found.tables['public.customer']?.constraints.map(({ name }) => name)).toEqual([
        'customer_email_key',
        'customer_pkey',
        'name_known',
        'score_range',
      ]);

      const empty = await server.createDatabase();
      await rebuild(empty, found);
      const again = await loadSchema(empty);
      expect(compareSchemas(again, found)).toEqual([]);
      expect(json(again)).toBe(json(found));
    } finally {
      await server.close();
    }
  });
});

/** Fills an empty database by repairs alone. */
async function rebuild(session: Session, expected: Schema): Promise<void> {
  await session.query(renderRepairs(compareSchemas(await loadSchema(session), expected)));
}
