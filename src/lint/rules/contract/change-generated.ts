import { commandsOnOldColumn } from '../old-columns.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const changeGenerated: Rule = {
  id: 'change-generated',
  hazards: ['C14'],
  class: 'contract',
  severity: 'error',
  title: 'Generated column made plain, or generated otherwise',
  why: "A column that is no longer generated stays null in the old version's INSERTs and stale in its UPDATEs, without an error: it cannot know that it should fill it. With another expression the old version reads other values.",
  help: 'Add a column with the new expression, read that, and drop the old one in the contract phase of a later release.',
  allowedFrom: 'contract',
  bad: [
    {
      before:
        'create table lines (id bigint primary key, price numeric, total numeric generated always as (price * 2) stored);',
      sql: 'alter table lines alter column total drop expression;',
    },
    {
      before:
        'create table lines (id bigint primary key, price numeric, total numeric generated always as (price * 2) stored);',
      sql: 'alter table lines alter column total set expression as (price * 3);',
      since: 17,
    },
  ],
  good: [
    {
      before:
        'create table lines (id bigint primary key, price numeric, total numeric generated always as (price * 2) stored);',
      sql: 'alter table lines alter column total drop expression;',
      phase: 'contract',
    },
  ],
  check: (subject) =>
    commandsOnOldColumn(subject, ['AT_DropExpression', 'AT_SetExpression']).map(({ relation, name, command }) => ({
      message:
        command.subtype === 'AT_DropExpression'
          ? `the old version leaves ${describeRelation(relation)}.${name} empty from here on`
          : `the old version reads other values in ${describeRelation(relation)}.${name} from here on`,
    })),
};
