import { commandsOnOldColumn } from '../old-columns.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';
import { isNullOrNothing, isSameTree } from '../trees.ts';

export const changeDefault: Rule = {
  id: 'change-default',
  hazards: ['C7'],
  class: 'contract',
  severity: 'warning',
  title: 'Default changed under old INSERTs',
  why: "The old version's INSERTs that leave the column out store another value from here on, without an error, and the old version may take it for something that was chosen.",
  help: 'Let the new version name the column in every INSERT, and change the default in the postdeploy phase, when no old instance writes.',
  allowedFrom: 'postdeploy',
  bad: [
    {
      before: "create table orders (id bigint primary key, kind text default 'plain');",
      sql: "alter table orders alter column kind set default 'express';",
    },
  ],
  good: [
    {
      before: "create table orders (id bigint primary key, kind text default 'plain');",
      sql: "alter table orders alter column kind set default 'express';",
      phase: 'postdeploy',
    },
    {
      before: 'create table orders (id bigint primary key, kind text not null);',
      sql: "alter table orders alter column kind set default 'plain';",
    },
  ],
  check: (subject) =>
    commandsOnOldColumn(subject, ['AT_ColumnDefault'])
      .filter(({ command }) => !isNullOrNothing(command.def))
      .filter(({ column, command }) => !isSameTree(column?.defaultValue, command.def))
      // Nobody could leave it out.
      .filter(({ column }) => !(column?.isNotNull && !column.defaultValue && !column.generated))
      .map(({ relation, name }) => ({
        message: `the old version's INSERTs that leave out ${describeRelation(relation)}.${name} store another value from here on`,
      })),
};
