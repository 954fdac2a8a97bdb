import { isOutsideTransaction } from '../../../sql/index.ts';
import type { SqlNode } from '../../../system/index.ts';
import type { Rule } from '../rule.ts';

const LIMITS = new Set(['lock_timeout', 'statement_timeout', 'transaction_timeout']);

export const concurrentlyWithLimit: Rule = {
  id: 'concurrently-with-limit',
  hazards: ['L23'],
  class: 'lock',
  severity: 'error',
  title: 'Time limit on a statement with CONCURRENTLY',
  why: 'It waits for every older snapshot in the database, and that wait counts against the limit. Timing out leaves an invalid index that costs every write and serves no query; with IF NOT EXISTS the next try then does nothing.',
  help: 'Remove the limit from this file: nobody waits for the statement. Onward sets limits by itself where they help.',
  bad: [
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: "set statement_timeout = '5s'; create index concurrently orders_note on orders (note);",
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
  check({ node, file, index }) {
    const isConcurrent =
      isOutsideTransaction(node) &&
      ['IndexStmt', 'DropStmt', 'ReindexStmt', 'AlterTableStmt'].some((kind) => kind in node);
    if (!isConcurrent) return [];
    const limit = file.statements.slice(0, index).findLast((earlier) => limitOf(earlier.node) !== undefined);
    const name = limit ? limitOf(limit.node) : undefined;
    if (!limit || name === undefined) return [];
    return [{ message: `${name} of line ${limit.line} may end it half done and leave an invalid index` }];
  },
};

/** Which limit the statement sets; a zero takes it away. */
function limitOf(node: SqlNode): string | undefined {
  if (!('VariableSetStmt' in node) || !LIMITS.has(node.VariableSetStmt.name ?? '')) return undefined;
  const value = node.VariableSetStmt.args?.[0];
  const constant = value && 'A_Const' in value ? value.A_Const : undefined;
  const isZero = constant?.sval
    ? /^0\D*$/.test(constant.sval.sval ?? '')
    : constant?.ival !== undefined && !constant.ival.ival;
  return isZero ? undefined : node.VariableSetStmt.name;
}
