import type { ModelIndex, ModelTable } from '../../schema-model/schema-model.ts';
import { droppedObjects } from '../old-objects.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const dropIndex: Rule = {
  id: 'drop-index',
  hazards: ['C9'],
  class: 'contract',
  severity: 'warning',
  title: 'Index dropped that an old query may need',
  why: "The old version's queries that used it read the whole table from here on. Nothing fails; they only take as long as the table is large, and the first one that is frequent takes the server with it.",
  help: 'See in pg_stat_user_indexes that nothing uses it, and drop it in the contract phase; build what replaces it first.',
  allowedFrom: 'contract',
  bad: [
    {
      before: 'create table orders (id bigint primary key, code text); create index orders_code on orders (code);',
      sql: 'drop index concurrently orders_code;',
      isNotx: true,
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key, code text); create index orders_code on orders (code);',
      sql: 'drop index concurrently orders_code;',
      isNotx: true,
      phase: 'contract',
    },
    {
      before:
        'create table orders (id bigint primary key, code text, shop bigint); create index orders_code on orders (code); create index orders_code_shop on orders (code, shop);',
      sql: 'drop index concurrently orders_code;',
      isNotx: true,
    },
  ],
  check: ({ schema, ...rest }) =>
    droppedObjects({ schema, ...rest }, ['OBJECT_INDEX']).flatMap(({ name }) => {
      const index = schema.findIndex(name);
      const table = [...schema.tables()].find(({ id }) => id === index?.table);
      if (table?.isNew || (index && table && (index.isUnique || isCovered(table, index)))) return [];
      const of = table ? ` of ${describeRelation(table)}` : '';
      return [
        {
          message: `the old version's queries that use the index ${describeRelation(name)}${of} read the whole table from here on`,
        },
      ];
    }),
};

/** Another index begins with the same columns and answers the same queries. */
function isCovered(table: ModelTable, index: ModelIndex): boolean {
  return [...table.indexes.values()].some(
    (other) =>
      other.name !== index.name &&
      other.isPlain &&
      !other.isPartial &&
      index.columns.every((column, position) => column !== '' && other.columns[position] === column),
  );
}
