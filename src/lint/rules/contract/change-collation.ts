import { formatTypeName } from '../../schema-model/type-name.ts';
import { commandsOnOldColumn } from '../old-columns.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';
import { textsOf } from '../trees.ts';

export const changeCollation: Rule = {
  id: 'change-collation',
  hazards: ['C14', 'S22'],
  class: 'contract',
  severity: 'error',
  title: 'Collation of a column changed under old queries',
  why: "The old version's ORDER BY gives another order and its range conditions find other rows, without an error; pages that were cut by a value skip or repeat rows. Every index on the column is built again under an AccessExclusive lock.",
  help: 'Say COLLATE in the queries of the new version, or add a column with the new collation; change the old one in the contract phase.',
  allowedFrom: 'contract',
  bad: [
    {
      before: 'create table people (id bigint primary key, name text);',
      sql: 'alter table people alter column name type text collate "C";',
    },
  ],
  good: [
    {
      before: 'create table people (id bigint primary key, name text);',
      sql: 'alter table people add column sort_name text collate "C";',
    },
  ],
  check: (subject) =>
    commandsOnOldColumn(subject, ['AT_AlterColumnType']).flatMap(({ relation, name, column, command: { def } }) => {
      if (!def || !('ColumnDef' in def)) return [];
      const { collClause, typeName } = def.ColumnDef;
      const made = textsOf(collClause?.collname).at(-1);
      // Without COLLATE the column falls back to its type's collation.
      const isSame = made === column?.collation || (made === undefined && column === undefined);
      if (isSame || (made === undefined && formatTypeName(typeName) !== column?.type)) return [];
      return [
        {
          message: `the old version's queries sort and compare ${describeRelation(relation)}.${name} differently from here on`,
        },
      ];
    }),
};
