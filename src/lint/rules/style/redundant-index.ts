import { relationName } from '../../../sql/index.ts';
import type { SqlNode } from '../../../system/index.ts';
import { laterInTransaction } from '../file-index.ts';
import type { Rule, Subject } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const redundantIndex: Rule = {
  id: 'redundant-index',
  hazards: ['S11'],
  class: 'style',
  severity: 'warning',
  title: 'Index that another one makes needless',
  why: 'An index that begins with the same columns answers the same queries. The second one costs space, and time in every INSERT and in most UPDATEs, and is never chosen or never needed.',
  help: 'Leave it out, or drop the other one in the contract phase when this one replaces it.',
  bad: [
    {
      sql: 'create table orders (id bigint primary key, code text unique); create index orders_code on orders (code);',
    },
    {
      sql: 'create table orders (id bigint primary key, shop bigint, code text); create index orders_shop_code on orders (shop, code); create index orders_shop on orders (shop);',
    },
  ],
  good: [
    {
      sql: 'create table orders (id bigint primary key, shop bigint, code text); create index orders_shop_code on orders (shop, code); create index orders_code on orders (code);',
    },
    {
      sql: 'create table orders (id bigint primary key, code text unique); create index orders_code on orders (code text_pattern_ops);',
    },
  ],
  check(subject) {
    const { node, schema } = subject;
    const columns = 'IndexStmt' in node ? plainColumns(node.IndexStmt) : undefined;
    const relation = 'IndexStmt' in node ? relationName(node.IndexStmt.relation) : undefined;
    if (!columns || !relation) return [];
    const others = [...(schema.findTable(relation)?.indexes.values() ?? [])].filter(
      ({ isPartial, isPlain, columns: listed, name }) =>
        !isPartial && isPlain && columns.every((column, at) => listed[at] === column) && !isDroppedLater(subject, name),
    );
    return others.slice(0, 1).map(({ name }) => ({
      message: `the index ${name} of ${describeRelation(relation)} begins with ${columns.join(', ')} already`,
    }));
  },
};

type IndexNode = Extract<SqlNode, { IndexStmt: unknown }>['IndexStmt'];

/** The columns of an index that has nothing but columns in their usual order; `undefined` for others and for unique ones. */
function plainColumns({
  unique,
  whereClause,
  accessMethod,
  indexParams = [],
  indexIncludingParams,
}: IndexNode): readonly string[] | undefined {
  if (unique || whereClause || accessMethod !== 'btree' || indexIncludingParams) return undefined;
  const elements = indexParams.flatMap((item) => ('IndexElem' in item ? [item.IndexElem] : []));
  const isPlain = elements.every(
    ({ expr, opclass, collation, ordering }) => !expr && !opclass && !collation && ordering === 'SORTBY_DEFAULT',
  );
  return isPlain ? elements.map(({ name }) => name ?? '') : undefined;
}

function isDroppedLater(subject: Subject, name: string): boolean {
  return laterInTransaction(subject, name).some(({ node }) => 'DropStmt' in node);
}
