import { relationFromParts } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { canTag, describeRelation } from '../statement-parts.ts';

export const dropIndexLocking: Rule = {
  id: 'drop-index-locking',
  hazards: ['L2'],
  class: 'lock',
  severity: 'error',
  title: 'Index dropped under a lock that readers wait for',
  why: 'DROP INDEX takes an AccessExclusive lock on the table. It is instant, but it queues behind every open transaction on the table, and everybody else queues behind it.',
  help: 'Use DROP INDEX CONCURRENTLY, in a file of its own that runs without a transaction.',
  bad: [
    {
      before: 'create table orders (id bigint primary key, note text); create index orders_note on orders (note);',
      sql: 'drop index orders_note;',
      phase: 'contract',
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key, note text); create index orders_note on orders (note);',
      sql: 'drop index concurrently orders_note;',
      phase: 'contract',
      isNotx: true,
    },
  ],
  check({ node, schema, statement, file }) {
    if (!('DropStmt' in node) || node.DropStmt.removeType !== 'OBJECT_INDEX' || node.DropStmt.concurrent) return [];
    const names = (node.DropStmt.objects ?? []).flatMap((object) => {
      const name = 'List' in object ? relationFromParts(object.List.items) : undefined;
      return name ? [name] : [];
    });
    const old = names.filter((name) => schema.findIndex(name)?.isNew !== true);
    const isAlone = names.length === 1 && file.statements.length === 1 && node.DropStmt.behavior !== 'DROP_CASCADE';
    const fix = statement.text.replace(/^(drop\s+index)\b/i, '$1 concurrently');
    return old.map((name) => ({
      message: `readers and writers of the table wait while the index ${describeRelation(name)} is dropped`,
      ...(isAlone && canTag(file.layout) ? { fix: `-- onward:transaction none\n${fix}` } : {}),
    }));
  },
};
