import type { Rule } from '../rule.ts';
import { listNames, oldOnes } from '../statement-parts.ts';

/** Rewrites that a rule of their own explains better. */
const EXPLAINED = new Set(['AT_AddColumn', 'AT_AlterColumnType']);

export const tableRewrite: Rule = {
  id: 'table-rewrite',
  hazards: ['L13'],
  class: 'rewrite',
  severity: 'error',
  title: 'Table written anew',
  why: 'SET LOGGED and UNLOGGED, SET TABLESPACE, SET ACCESS METHOD, CLUSTER, VACUUM FULL and the like copy every row and build every index again under an AccessExclusive lock.',
  help: 'Do it in a maintenance window, or with a tool that copies the table online (pg_repack, pg_squeeze), and not in a migration.',
  bad: [
    { before: 'create table orders (id bigint primary key);', sql: 'alter table orders set unlogged;' },
    {
      before: 'create table orders (id bigint primary key); cluster orders using orders_pkey;',
      sql: 'cluster orders using orders_pkey;',
    },
    { before: 'create table orders (id bigint primary key);', sql: 'vacuum full orders;', isNotx: true },
  ],
  good: [
    { before: 'create table orders (id bigint primary key);', sql: 'vacuum orders;', isNotx: true },
    { before: 'create table orders (id bigint primary key);', sql: 'alter table orders set (fillfactor = 90);' },
  ],
  check(subject) {
    const { node, effects } = subject;
    if ('TruncateStmt' in node || 'RefreshMatViewStmt' in node) return [];
    const commands = 'AlterTableStmt' in node ? (node.AlterTableStmt.cmds ?? []) : [];
    if (commands.some((item) => 'AlterTableCmd' in item && EXPLAINED.has(item.AlterTableCmd.subtype ?? ''))) return [];
    const tables = oldOnes(subject, effects.rewrites);
    return tables.length === 0
      ? []
      : [{ message: `every row of ${listNames(tables)} is written anew while everybody waits` }];
  },
};
