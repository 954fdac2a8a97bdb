import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalJson, type Json } from '../model/index.ts';
import type { Session } from '../system/index.ts';
import type { SchemaChange } from './change.ts';
import { compareSchemas } from './compare-schemas.ts';
import { loadSchema } from './load-schema.ts';
import { renderRepairs } from './render-repairs.ts';
import type { Schema } from './schema.ts';
import { ATTACHED_CASES } from './test-cases/attached.ts';
import type { DdlCase } from './test-cases/ddl-case.ts';
import { OTHER_CASES } from './test-cases/others.ts';
import { TABLE_CASES } from './test-cases/tables.ts';
import { rolledBack, SHOP, startTestServer, type TestServer } from './test-support.ts';

let server: TestServer;
let session: Session;
let before: Schema;
beforeAll(async () => {
  server = await startTestServer();
  session = await server.createDatabase(SHOP);
  before = await loadSchema(session);
});
afterAll(() => server.close());

const CASES = [...TABLE_CASES, ...ATTACHED_CASES, ...OTHER_CASES];

function describeChange(change: SchemaChange): string {
  const what = change.change === 'changed' ? change.property : change.change;
  return [change.impact, change.hazard ?? '-', change.kind, change.name, what].join(' ');
}

/** What the schema is after some SQL, which is taken back. */
function schemaAfter(sql: string): Promise<Schema> {
  return rolledBack(session, async () => {
    if (sql !== '') await session.query(sql);
    return loadSchema(session);
  });
}

const changed = new Map<string, Promise<Schema>>();

/** The same for a case, which is run once. */
function schemaOf({ sql }: DdlCase): Promise<Schema> {
  const known = changed.get(sql) ?? schemaAfter(sql);
  changed.set(sql, known);
  return known;
}

/** The repairs, for a transaction. */
function repairsFor(live: Schema, expected: Schema): string {
  return renderRepairs(compareSchemas(live, expected)).replaceAll(' concurrently', '');
}

/** What is left to repair; what is only there in the live database stays there. */
function left(live: Schema, expected: Schema): readonly string[] {
  return compareSchemas(live, expected)
    .filter(({ change }) => change !== 'removed')
    .map(describeChange);
}

describe('compareSchemas()', () => {
  it.each(CASES)('knows what it means to old clients: $sql', async (one) => {
    const after = await schemaOf(one);
    const found = compareSchemas(before, after);
    expect(found.map(describeChange)).toEqual(one.changes);
    for (const { impact, hazard, reason } of found) {
      expect(reason).not.toBe('');
      if (impact === 'breaks') expect(hazard).toMatch(/^C\d+$/);
    }
  });

  it('takes a rename for a removal and an addition when the schemas are not of one database', async () => {
    const after = await schemaAfter('alter table archive rename to attic');
    const found = compareSchemas(before, JSON.parse(canonicalJson(after as unknown as Json)) as Schema);
    expect(found.map(describeChange)).toEqual([
      'breaks C2 table public.archive removed',
      'none - table public.attic added',
    ]);
  });

  it('finds nothing between a schema and the same one read back from a file', async () => {
    const text = canonicalJson(before as unknown as Json);
    expect(compareSchemas(before, JSON.parse(text) as Schema)).toEqual([]);
  });

  it('finds a difference whenever the data differ', async () => {
    const same: string[] = [];
    for (const one of CASES.filter(({ sql }) => !sql.includes('owner to'))) {
      const after = await schemaOf(one);
      const isEqual = canonicalJson(after as unknown as Json) === canonicalJson(before as unknown as Json);
      if (isEqual !== (one.changes.length === 0)) same.push(one.sql);
    }
    expect(same).toEqual([]);
  });
});

describe('renderRepairs()', () => {
  it.each(CASES)('gives a database what it lacks: $sql', async (one) => {
    const expected = await schemaOf(one);
    const repaired = await schemaAfter(repairsFor(before, expected));
    expect(left(repaired, expected)).toEqual(one.notRepaired ?? []);
  });

  it.each(CASES)('takes a database back: $sql', async (one) => {
    const live = await schemaOf(one);
    const repaired = await schemaAfter(`${one.sql}; ${repairsFor(live, before)}`);
    expect(left(repaired, before)).toEqual(one.notUndone ?? []);
  });
});
