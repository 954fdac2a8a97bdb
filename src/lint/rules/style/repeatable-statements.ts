import { isSessionSetting } from '../../../sql/index.ts';
import type { SqlNode } from '../../../system/index.ts';
import { perFile } from '../per-file.ts';
import type { Hit, Rule, Subject } from '../rule.ts';

export const repeatableStatements: Rule = {
  id: 'repeatable-statements',
  hazards: ['S15'],
  class: 'style',
  severity: 'warning',
  title: 'Statement that stops a file without a transaction from being run again',
  why: 'Without a transaction each statement stays when a later one fails. Run again, the file then stops at the first statement that has been done (42P07, 42701, 42P01) and never reaches the one that failed. Only CREATE INDEX CONCURRENTLY is better without IF NOT EXISTS, which would pass an invalid index by.',
  help: 'Write IF NOT EXISTS or IF EXISTS, or move the statement to a file of its own that runs in a transaction.',
  bad: [
    {
      before: 'create table orders (id bigint primary key);',
      sql: 'create schema audit; create index concurrently orders_id on orders (id desc);',
      isNotx: true,
    },
    {
      before: 'create table orders (id bigint primary key);',
      sql: 'alter table orders add column note text; create index concurrently orders_id on orders (id desc);',
      isNotx: true,
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key);',
      sql: 'create index concurrently orders_id on orders (id desc);',
      isNotx: true,
    },
    { sql: 'create schema audit; create schema history;' },
  ],
  check(subject) {
    const { file, index } = subject;
    const isLast = index >= lastChange(file.statements);
    // Onward itself keeps a record of each statement, and goes on behind the last one that was done.
    if (file.isTransactional || file.layout === 'onward' || isLast) return [];
    return judge(subject);
  },
};

/** The position of the last statement that does more than set something. */
const lastChange = perFile((statements) => statements.findLastIndex(({ node }) => !isSessionSetting(node)));

const CREATED: Readonly<Record<string, RegExp>> = {
  CreateStmt: /^(create\s+(?:unlogged\s+)?table)\b/i,
  CreateSchemaStmt: /^(create\s+schema)\b/i,
  CreateSeqStmt: /^(create\s+sequence)\b/i,
  CreateExtensionStmt: /^(create\s+extension)\b/i,
};

function judge({ node, statement }: Subject): readonly Hit[] {
  for (const [kind, head] of Object.entries(CREATED)) {
    const body = (node as Readonly<Record<string, { readonly if_not_exists?: boolean } | undefined>>)[kind];
    if (body && !body.if_not_exists) return [hit(statement.text, statement.text.replace(head, '$1 if not exists'))];
  }
  if ('DropStmt' in node && !node.DropStmt.missing_ok) return [hit(statement.text, statement.text)];
  return 'AlterTableStmt' in node && (node.AlterTableStmt.cmds ?? []).some(isOnce)
    ? [hit(statement.text, statement.text)]
    : [];
}

function isOnce(item: SqlNode): boolean {
  if (!('AlterTableCmd' in item)) return false;
  const { subtype, missing_ok: mayBeMissing } = item.AlterTableCmd;
  return !mayBeMissing && ['AT_AddColumn', 'AT_DropColumn', 'AT_DropConstraint'].includes(subtype ?? '');
}

function hit(text: string, fix: string): Hit {
  return {
    message: 'the file cannot be run again after a later statement has failed',
    ...(fix === text ? {} : { fix }),
  };
}
