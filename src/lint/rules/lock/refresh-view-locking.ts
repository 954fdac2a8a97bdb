import { relationName } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { describeRelation, isOld } from '../statement-parts.ts';

export const refreshViewLocking: Rule = {
  id: 'refresh-view-locking',
  hazards: ['L18'],
  class: 'lock',
  severity: 'error',
  title: 'Materialised view refreshed while its readers wait',
  why: 'REFRESH MATERIALIZED VIEW holds an AccessExclusive lock on the view until the query has run. CONCURRENTLY lets readers go on; it takes about ten times as long and needs a unique index.',
  help: 'Use REFRESH MATERIALIZED VIEW CONCURRENTLY, and give the view a unique index first.',
  bad: [{ before: 'create materialized view totals as select 1 as id;', sql: 'refresh materialized view totals;' }],
  good: [
    {
      before: 'create materialized view totals as select 1 as id; create unique index totals_id on totals (id);',
      sql: 'refresh materialized view concurrently totals;',
    },
  ],
  check(subject) {
    const { node } = subject;
    if (!('RefreshMatViewStmt' in node) || node.RefreshMatViewStmt.concurrent) return [];
    const relation = relationName(node.RefreshMatViewStmt.relation);
    if (!relation || !isOld(subject, relation)) return [];
    return [{ message: `readers of ${describeRelation(relation)} wait until it is refreshed` }];
  },
};
