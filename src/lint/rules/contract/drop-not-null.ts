import { commandsOnOldColumn } from '../old-columns.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const dropNotNull: Rule = {
  id: 'drop-not-null',
  hazards: ['C8'],
  class: 'contract',
  severity: 'warning',
  title: 'Column made nullable while old instances read it',
  why: 'The statement itself breaks nothing. But as soon as a new instance stores null, an old one may read it, and clients whose types say that there is always a value fail where they decode it.',
  help: 'Write no null to it until no old instance runs, or make it nullable in the postdeploy phase. To leave a required column unfilled on the way to its removal, give it a default instead.',
  allowedFrom: 'postdeploy',
  bad: [
    {
      before: 'create table orders (id bigint primary key, note text not null);',
      sql: 'alter table orders alter column note drop not null;',
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key, note text not null);',
      sql: "alter table orders alter column note set default '';",
    },
    {
      before: 'create table orders (id bigint primary key, note text not null);',
      sql: 'alter table orders alter column note drop not null;',
      phase: 'postdeploy',
    },
  ],
  check: (subject) =>
    commandsOnOldColumn(subject, ['AT_DropNotNull'])
      .filter(({ column }) => column?.isNotNull !== false)
      .map(({ relation, name }) => ({
        message: `the old version may read null in ${describeRelation(relation)}.${name} from here on`,
      })),
};
