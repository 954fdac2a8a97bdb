import { relationName } from '../../../sql/index.ts';
import type { SqlNode } from '../../../system/index.ts';
import { laterOn } from '../file-index.ts';
import { newTable } from '../new-columns.ts';
import { type NewForeignKey, newForeignKeys } from '../new-foreign-keys.ts';
import { constraintsOf } from '../old-columns.ts';
import { isSameName } from '../old-objects.ts';
import type { Rule, Subject } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';
import { textsOf } from '../trees.ts';

export const foreignKeyWithoutIndex: Rule = {
  id: 'foreign-key-without-index',
  hazards: ['S9'],
  class: 'style',
  severity: 'warning',
  title: 'Foreign key whose columns have no index',
  why: 'Each DELETE of a parent, and each UPDATE of its key, reads the whole child table to look for children: 7 ms on 100,000 rows, for every single row that is deleted, while the parent row is locked.',
  help: 'Make an index that begins with the columns of the foreign key, in the same file as the table.',
  bad: [
    {
      before: 'create table orders (id bigint primary key);',
      sql: 'create table lines (id bigint primary key, order_id bigint references orders);',
    },
  ],
  good: [
    {
      sql: 'create table orders (id bigint primary key); create table lines (id bigint primary key, order_id bigint references orders); create index lines_order on lines (order_id);',
    },
    {
      sql: 'create table orders (id bigint primary key); create table lines (order_id bigint references orders, line integer, primary key (order_id, line));',
    },
  ],
  check(subject) {
    const keys = newForeignKeys(subject).filter(({ relation }) => newTable(subject) || isNewTable(subject, relation));
    return keys
      .filter((key) => !indexedLists(subject, key).some((list) => begins(list, key.columns)))
      .map(({ relation, columns, parent }) => ({
        message: `each DELETE in ${describeRelation(parent)} reads all of ${describeRelation(relation)} to look for ${columns.join(', ')}`,
      }));
  },
};

function isNewTable({ schema }: Subject, relation: NewForeignKey['relation']): boolean {
  return schema.findTable(relation)?.isNew === true;
}

function begins(list: readonly string[], columns: readonly string[]): boolean {
  return columns.every((column) => list.slice(0, columns.length).includes(column));
}

/** The columns of each index that the table has, or gets in the rest of the file. */
function indexedLists(subject: Subject, { relation }: NewForeignKey): readonly (readonly string[])[] {
  const there = [...(subject.schema.findTable(relation)?.indexes.values() ?? [])].map(({ columns }) => columns);
  const later = [subject.statement, ...laterOn(subject, relation.name)].flatMap(({ node }) =>
    indexedBy(node, relation),
  );
  return [...there, ...later];
}

const KEYS = ['CONSTR_PRIMARY', 'CONSTR_UNIQUE'];

function indexedBy(node: SqlNode, relation: NewForeignKey['relation']): readonly (readonly string[])[] {
  if ('IndexStmt' in node) {
    if (!isSameName(relationName(node.IndexStmt.relation), relation)) return [];
    return [(node.IndexStmt.indexParams ?? []).map((item) => ('IndexElem' in item ? (item.IndexElem.name ?? '') : ''))];
  }
  const isTable = 'CreateStmt' in node && isSameName(relationName(node.CreateStmt.relation), relation);
  const isAltered = 'AlterTableStmt' in node && isSameName(relationName(node.AlterTableStmt.relation), relation);
  const parts = isTable ? (node.CreateStmt.tableElts ?? []) : isAltered ? definitions(node) : [];
  return parts.flatMap((item) => {
    if ('Constraint' in item)
      return KEYS.includes(item.Constraint.contype ?? '') ? [textsOf(item.Constraint.keys)] : [];
    const column = 'ColumnDef' in item ? item.ColumnDef : undefined;
    const isKey = column && constraintsOf(column).some(({ contype }) => KEYS.includes(contype ?? ''));
    return isKey ? [[column.colname ?? '']] : [];
  });
}

function definitions(node: SqlNode): readonly SqlNode[] {
  const commands = 'AlterTableStmt' in node ? (node.AlterTableStmt.cmds ?? []) : [];
  return commands.flatMap((item) =>
    'AlterTableCmd' in item && item.AlterTableCmd.def ? [item.AlterTableCmd.def] : [],
  );
}
