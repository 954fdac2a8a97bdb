import type { Rule } from '../rule.ts';

export const concurrentlyIfNotExists: Rule = {
  id: 'concurrently-if-not-exists',
  hazards: ['L26'],
  class: 'lock',
  severity: 'warning',
  title: 'IF NOT EXISTS on a concurrent index build',
  why: 'A build that failed leaves an invalid index under the name. IF NOT EXISTS takes it for the index that is wanted, and the migration succeeds with an index that no query can use.',
  help: 'Leave IF NOT EXISTS out: Onward finds what an interrupted build has left and builds it again. Elsewhere, drop the invalid index first.',
  bad: [
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: 'create index concurrently if not exists orders_note on orders (note);',
      isNotx: true,
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: 'create index concurrently orders_note on orders (note);',
      isNotx: true,
    },
  ],
  check({ node, statement }) {
    if (!('IndexStmt' in node) || !node.IndexStmt.concurrent || !node.IndexStmt.if_not_exists) return [];
    const fix = statement.text.replace(/\bif\s+not\s+exists\s+/i, '');
    return [
      { message: `an invalid index ${node.IndexStmt.idxname} of an interrupted build would be taken for it`, fix },
    ];
  },
};
