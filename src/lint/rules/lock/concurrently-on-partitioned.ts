import { relationName } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const concurrentlyOnPartitioned: Rule = {
  id: 'concurrently-on-partitioned',
  hazards: ['L25'],
  class: 'lock',
  severity: 'error',
  title: 'Concurrent index on a partitioned table',
  why: 'Postgres refuses CREATE INDEX CONCURRENTLY on a partitioned table (0A000).',
  help: 'Create the index ON ONLY the parent, build it CONCURRENTLY on each partition, and attach them: ALTER INDEX … ATTACH PARTITION ….',
  bad: [
    {
      before: 'create table events (day int) partition by list (day);',
      sql: 'create index concurrently events_day on events (day);',
      isNotx: true,
    },
  ],
  good: [
    {
      before: 'create table events (day int) partition by list (day);',
      sql: 'create index events_day on only events (day);',
    },
  ],
  check({ node, schema }) {
    const relation =
      'IndexStmt' in node && node.IndexStmt.concurrent ? relationName(node.IndexStmt.relation) : undefined;
    if (!relation || schema.findTable(relation)?.kind !== 'partitioned') return [];
    return [{ message: `Postgres refuses it, because ${describeRelation(relation)} is partitioned` }];
  },
};
