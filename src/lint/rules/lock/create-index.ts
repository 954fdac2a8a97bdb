import { relationName } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { canTag, describeRelation, isOld } from '../statement-parts.ts';

export const createIndex: Rule = {
  id: 'create-index',
  hazards: ['L1'],
  class: 'lock',
  severity: 'error',
  title: 'Index built while writers wait',
  why: 'CREATE INDEX holds a Share lock on the table for as long as it reads it: every INSERT, UPDATE and DELETE waits until the index is built. On 100,000 rows that is 25 ms, on a hundred million it is minutes.',
  help: 'Build it with CONCURRENTLY, in a file of its own that runs without a transaction.',
  bad: [
    {
      before: 'create table orders (id bigint primary key, customer bigint);',
      sql: 'create index orders_customer on orders (customer);',
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key, customer bigint);',
      sql: 'create index concurrently orders_customer on orders (customer);',
      isNotx: true,
    },
    {
      sql: 'create table lines (id bigint primary key, order_id bigint); create index lines_order on lines (order_id);',
    },
  ],
  check(subject) {
    const { node, statement, file, schema, effects } = subject;
    if (!('IndexStmt' in node) || node.IndexStmt.concurrent || effects.indexBuilds.length === 0) return [];
    const relation = relationName(node.IndexStmt.relation);
    if (!relation || !isOld(subject, relation)) return [];
    const isPlain = schema.findTable(relation)?.kind !== 'partitioned' && canTag(file.layout);
    const isAlone = file.statements.length === 1 && isPlain;
    const fix = statement.text.replace(/^(create\s+(?:unique\s+)?index)\b/i, '$1 concurrently');
    return [
      {
        message: `writers of ${describeRelation(relation)} wait until the index is built`,
        // Beside other statements it would have to move to a file of its own first.
        ...(isAlone && fix !== statement.text ? { fix: `-- onward:transaction none\n${fix}` } : {}),
      },
    ];
  },
};
