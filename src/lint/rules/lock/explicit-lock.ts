import { isStrong, lockModeOf, relationName } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { describeRelation, isOld, listNames } from '../statement-parts.ts';

export const explicitLock: Rule = {
  id: 'explicit-lock',
  hazards: ['L27'],
  class: 'lock',
  severity: 'error',
  title: 'Table locked by hand',
  why: 'LOCK TABLE waits behind whatever is open, and everybody waits behind it, for as long as the file takes after it.',
  help: 'Remove it. Each statement takes the lock that it needs, and Onward waits for a moment when it is free.',
  bad: [{ before: 'create table orders (id bigint primary key);', sql: 'lock table orders;' }],
  good: [
    {
      before: 'create table orders (id bigint primary key);',
      sql: 'lock table orders in share update exclusive mode;',
    },
  ],
  check(subject) {
    const { node } = subject;
    if (!('LockStmt' in node) || !isStrong(lockModeOf(node.LockStmt.mode))) return [];
    const tables = (node.LockStmt.relations ?? []).flatMap((item) => {
      const relation = 'RangeVar' in item ? relationName(item.RangeVar) : undefined;
      return relation && isOld(subject, relation) ? [describeRelation(relation)] : [];
    });
    return tables.length === 0
      ? []
      : [{ message: `everybody waits for ${listNames(tables)} until the file has ended` }];
  },
};
