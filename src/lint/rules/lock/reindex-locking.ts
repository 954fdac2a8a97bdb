import { isReindexConcurrent } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { listNames, oldOnes } from '../statement-parts.ts';

export const reindexLocking: Rule = {
  id: 'reindex-locking',
  hazards: ['L3'],
  class: 'lock',
  severity: 'error',
  title: 'Index rebuilt while writers wait',
  why: 'REINDEX holds a Share lock on the table and an AccessExclusive lock on the index until it is built: writers wait, and every query that would use the index too.',
  help: 'Use REINDEX … CONCURRENTLY, in a file of its own that runs without a transaction.',
  bad: [
    {
      before: 'create table orders (id bigint primary key); insert into orders select generate_series(1, 10);',
      sql: 'reindex table orders;',
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key); insert into orders select generate_series(1, 10);',
      sql: 'reindex table concurrently orders;',
      isNotx: true,
    },
  ],
  check(subject) {
    const { node, effects } = subject;
    if (!('ReindexStmt' in node) || isReindexConcurrent(node)) return [];
    const tables = oldOnes(subject, effects.indexBuilds);
    const isUnknown = effects.unknown.length > 0 || effects.indexBuilds.length === 0;
    if (tables.length === 0 && !isUnknown) return [];
    return [{ message: `writers of ${listNames(tables) || 'the table'} wait until the index is rebuilt` }];
  },
};
