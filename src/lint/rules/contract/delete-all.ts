import { relationName } from '../../../sql/index.ts';
import type { SqlNode } from '../../../system/index.ts';
import { leftBehind } from '../old-columns.ts';
import type { Hit, Rule, Subject } from '../rule.ts';
import { describeRelation, isOld, listNames } from '../statement-parts.ts';
import { findNodes } from '../trees.ts';

export const deleteAll: Rule = {
  id: 'delete-all',
  hazards: ['C12', 'S29'],
  class: 'contract',
  severity: 'error',
  title: 'Every row deleted or overwritten under old instances',
  why: 'A DELETE or UPDATE without WHERE changes rows that the old version reads and that no rollback brings back; forgetting the WHERE looks just the same. On 100,000 rows the UPDATE takes 647 ms and writes 53 MB of WAL in one transaction.',
  help: 'Say which rows are meant, and do it in batches, as a data migration. Columns that the release itself has added may be filled at once.',
  allowedFrom: 'contract',
  bad: [
    { before: 'create table orders (id bigint primary key, note text);', sql: 'delete from orders;' },
    { before: 'create table orders (id bigint primary key, note text);', sql: "update orders set note = '';" },
  ],
  good: [
    { sql: "create table notes (id bigint primary key, note text); update notes set note = ''; delete from notes;" },
  ],
  check: (subject) => [...checkDeletes(subject), ...checkUpdates(subject)],
};

function checkDeletes(subject: Subject): readonly Hit[] {
  return changes(subject.node, 'DeleteStmt').flatMap(({ relation: range, whereClause }) => {
    const relation = relationName(range);
    if (!relation || !isEverything(whereClause) || !isOld(subject, relation)) return [];
    return [{ message: `every row of ${describeRelation(relation)} is gone for the old version` }];
  });
}

function checkUpdates(subject: Subject): readonly Hit[] {
  return changes(subject.node, 'UpdateStmt').flatMap(({ relation: range, whereClause, fromClause, targetList }) => {
    const relation = relationName(range);
    if (!relation || fromClause || !isEverything(whereClause) || !isOld(subject, relation)) return [];
    const columns = (targetList ?? []).flatMap((item) => ('ResTarget' in item ? [item.ResTarget.name ?? ''] : []));
    const old = columns.filter((name) => leftBehind(subject, relation, name) === 'known');
    if (old.length === 0) return [];
    return [
      { message: `${listNames(old)} of every row of ${describeRelation(relation)} changes under the old version` },
    ];
  });
}

/** The statement itself and those in its WITH; the rows that it writes are not looked through. */
function changes<K extends 'DeleteStmt' | 'UpdateStmt'>(node: SqlNode, kind: K) {
  const [body] = Object.values(node) as readonly { readonly withClause?: unknown }[];
  const own = kind in node ? [{ [kind]: { ...body, withClause: undefined } }] : [];
  return findNodes([own, body?.withClause], kind);
}

function isEverything(where: SqlNode | undefined): boolean {
  return !where || ('A_Const' in where && where.A_Const.boolval?.boolval === true);
}
