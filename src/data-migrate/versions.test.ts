import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLedger } from '../migrate/index.ts';
import { startTestServer, type TestServer } from '../migrate/test-support.ts';
import type { SqlDataMigration } from '../model/index.ts';
import type { Session } from '../system/index.ts';
import { type Query, renderChange, renderCountOld, renderNthKey } from './render-sql.ts';
import { runDataMigration } from './run-data-migration.ts';
import { loadTableKey } from './table-key.ts';
import {
  countWrongLines,
  createCustomers,
  createOrders,
  LINES,
  loadCounters,
  raiseFence,
  SPLIT_NAMES,
} from './test-support.ts';

/** Keys from 1 to ten million, one in a hundred of which is there. */
const LAST_KEY = 10_000_000;
const EVERY = 100;

/** Node types of a plan, and the conditions on its indexes. */
async function explain(session: Session, { sql, values }: Query): Promise<{ nodes: string[]; conditions: string[] }> {
  const { rows } = await session.query<{ 'QUERY PLAN': readonly { readonly Plan: PlanNode }[] }>(
    `explain (format json) ${sql}`,
    values,
  );
  const found = { nodes: [] as string[], conditions: [] as string[] };
  const visit = (node: PlanNode | undefined): void => {
    if (!node) return;
    found.nodes.push(node['Node Type']);
    if (node['Index Cond'] !== undefined) found.conditions.push(node['Index Cond']);
    node.Plans?.forEach(visit);
  };
  visit(rows[0]?.['QUERY PLAN'][0]?.Plan);
  return found;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PlanNode[];
}

describe.each(['14', '15', '16', '17', '18'] as const)('data migrations on Postgres %s', (version) => {
  let servers: TestServer;
  beforeAll(async () => {
    servers = await startTestServer({ version });
  });
  afterAll(() => servers.close());

  async function prepare(fill: (session: Session) => Promise<unknown>) {
    const database = await servers.createDatabase();
    const session = await database.connect('test');
    await createLedger(servers.system, session);
    await raiseFence(session, 1);
    await fill(session);
    const base = { target: database.target, release: '1.1.0', run: 'run-1', fence: { deployment: 'shop', epoch: 1 } };
    return { session, run: (declared: SqlDataMigration) => runDataMigration(servers.system, { ...base, declared }) };
  }

  it('change rows, and insert rows into a partitioned table, whole and once', async () => {
    const { session, run } = await prepare(async (own) => {
      await createCustomers(own, 500);
      await createOrders(own, 200);
    });
    expect(await run(SPLIT_NAMES)).toEqual({ kind: 'completed' });
    expect(await loadCounters(session, 'split-names')).toMatchObject({ scanned: 500, changed: 450, adds_up: true });
    const { dualWrite: _, ...lines } = LINES;
    expect(await run(lines)).toEqual({ kind: 'completed' });
    expect(await countWrongLines(session)).toEqual({ missing: 0, extra: 0 });
    expect(await loadCounters(session, 'lines')).toMatchObject({ scanned: 200, adds_up: true });
  });

  it('walk along the index of keys up to ten million with holes, and read no table whole', async () => {
    const { session } = await prepare((own) =>
      own.query(`create unlogged table customer (tenant int not null, id bigint primary key, name text not null default 'a b', first text, unique (tenant, id));
        insert into customer (tenant, id) select n % 5, n from generate_series(1, ${LAST_KEY}, ${EVERY}) as n; analyze customer`),
    );
    const declared = { ...SPLIT_NAMES, change: { kind: 'update', set: "first = split_part(name, ' ', 1)" } } as const;
    const byId = await loadTableKey(session, declared);
    const both = await loadTableKey(session, { ...declared, key: ['tenant', 'id'] });
    const part = { kind: 'tenant', value: '3', on: { column: '"tenant"', type: 'integer' } };
    const ranges = [
      { key: byId, after: ['5000001'], upTo: ['5100001'] },
      { key: both, after: ['3', '5000001'], upTo: ['3', '5500001'] },
      { key: { ...both, part }, after: ['3', '5000001'], upTo: ['3', '5500001'] },
    ];
    for (const { key, after, upTo } of ranges) {
      const range = { after, upTo };
      const queries = [
        renderNthKey(key, after, 1_000),
        renderChange(declared, key, range),
        renderCountOld(declared, key, range),
      ];
      for (const query of queries) {
        const { nodes, conditions } = await explain(session, query);
        expect(nodes, query.sql).not.toContain('Seq Scan');
        expect(nodes.join(), query.sql).toMatch(/Index (Only )?Scan/);
        expect(conditions.join(), query.sql).toContain('5000001');
      }
    }
  });
});
