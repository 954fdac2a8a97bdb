import { relationName } from '../../../sql/index.ts';
import { mayCollide } from '../old-uniques.ts';
import type { Rule } from '../rule.ts';
import { describeRelation, isOld } from '../statement-parts.ts';

export const uniqueIndex: Rule = {
  id: 'unique-index',
  hazards: ['C6'],
  class: 'contract',
  severity: 'error',
  title: 'Unique index built that old writers may violate',
  why: 'What the old version writes twice fails with 23505 as soon as the index is being built, before it is valid; rows that are there twice make the build fail and leave an invalid index behind.',
  help: 'Go in this order: let the new version write no duplicates, remove those that are there, and build the index CONCURRENTLY in the postdeploy phase, in a file of its own.',
  allowedFrom: 'postdeploy',
  bad: [
    {
      before: 'create table orders (id bigint primary key, code text);',
      sql: 'create unique index concurrently orders_code on orders (code);',
      isNotx: true,
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key, code text);',
      sql: 'create unique index concurrently orders_code on orders (code);',
      isNotx: true,
      phase: 'postdeploy',
    },
    {
      before: 'create table orders (id bigint primary key, shop bigint not null);',
      sql: 'create unique index concurrently orders_shop on orders (shop, id);',
      isNotx: true,
    },
    { sql: 'create table notes (id bigint primary key, code text); create unique index notes_code on notes (code);' },
  ],
  check(subject) {
    const { node, schema } = subject;
    const relation = 'IndexStmt' in node && node.IndexStmt.unique ? relationName(node.IndexStmt.relation) : undefined;
    if (!('IndexStmt' in node) || !relation || !isOld(subject, relation)) return [];
    const { indexParams = [], nulls_not_distinct: treatsNullsAsEqual = false } = node.IndexStmt;
    const columns = indexParams.map((item) => ('IndexElem' in item ? (item.IndexElem.name ?? '') : ''));
    const table = schema.findTable(relation);
    if (!mayCollide(subject, { relation, table, columns, treatsNullsAsEqual })) return [];
    const what = columns.map((name) => name || 'an expression').join(', ');
    return [
      {
        message: `the old version's writes of equal values in ${describeRelation(relation)} (${what}) fail from here on`,
      },
    ];
  },
};
