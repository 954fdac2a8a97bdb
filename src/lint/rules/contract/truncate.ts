import { relationName } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { describeRelation, isOld } from '../statement-parts.ts';

export const truncate: Rule = {
  id: 'truncate',
  hazards: ['C12'],
  class: 'contract',
  severity: 'error',
  title: 'Table emptied under old instances',
  why: 'Every row is gone for good when the file commits, and a rollback of the release brings none back. TRUNCATE takes an AccessExclusive lock, so readers wait as well.',
  help: 'Delete by a condition, in batches, as a data migration; or empty the table in the contract phase, after a backup.',
  allowedFrom: 'contract',
  bad: [{ before: 'create table orders (id bigint primary key);', sql: 'truncate orders;' }],
  good: [{ sql: 'create table notes (id bigint primary key); truncate notes;' }],
  check(subject) {
    const { node } = subject;
    const ranges = 'TruncateStmt' in node ? (node.TruncateStmt.relations ?? []) : [];
    const names = ranges.flatMap((item) => ('RangeVar' in item ? [relationName(item.RangeVar)] : []));
    return names
      .filter((name) => name !== undefined)
      .filter((name) => isOld(subject, name))
      .map((name) => ({ message: `every row of ${describeRelation(name)} is gone for the old version` }));
  },
};
