import { commandsOnOldColumn } from '../old-columns.ts';
import type { Rule } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';

export const dropColumn: Rule = {
  id: 'drop-column',
  hazards: ['C1'],
  class: 'contract',
  severity: 'error',
  title: 'Column dropped while old instances may use it',
  why: 'Until every instance of the old version has stopped, its statements name the column and fail with 42703. The drop itself is instant; what it breaks is not.',
  help: 'Stop using the column in one release, and drop it in the contract phase of a later one: tag the file "-- onward:phase contract" or move it to contract/.',
  allowedFrom: 'contract',
  bad: [
    { before: 'create table orders (id int primary key, note text);', sql: 'alter table orders drop column note;' },
  ],
  good: [
    {
      before: 'create table orders (id int primary key, note text);',
      sql: 'alter table orders drop column note;',
      phase: 'contract',
    },
    { sql: 'create table drafts (id bigint primary key, note text); alter table drafts drop column note;' },
  ],
  check: (subject) =>
    commandsOnOldColumn(subject, ['AT_DropColumn'])
      .filter(({ command, table, column }) => !(command.missing_ok && table?.isCertain && !column))
      .map(({ relation, name }) => ({
        message: `the old version's statements that name ${describeRelation(relation)}.${name} fail from here on`,
      })),
};
