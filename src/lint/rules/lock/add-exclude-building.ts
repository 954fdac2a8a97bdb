import type { Rule } from '../rule.ts';
import { commandsOnOldTable, describeRelation } from '../statement-parts.ts';

export const addExcludeBuilding: Rule = {
  id: 'add-exclude-building',
  hazards: ['L12'],
  class: 'lock',
  severity: 'error',
  title: 'Exclusion constraint added to a table in use',
  why: 'Its index is built under an AccessExclusive lock, and Postgres has no way to do that online: 113 ms for 100,000 rows.',
  help: 'Make a new table that has the constraint, copy the rows in batches, and switch over; or enforce the rule by a trigger.',
  bad: [
    {
      before: 'create table bookings (id bigint primary key, during tstzrange);',
      sql: 'alter table bookings add constraint no_overlap exclude using gist (during with &&);',
      phase: 'postdeploy',
    },
  ],
  good: [
    {
      sql: 'create table bookings (id bigint primary key, during tstzrange, constraint no_overlap exclude using gist (during with &&));',
    },
  ],
  check: (subject) =>
    commandsOnOldTable(subject).flatMap(({ relation, command }) => {
      const constraint = command.def && 'Constraint' in command.def ? command.def.Constraint : undefined;
      if (constraint?.contype !== 'CONSTR_EXCLUSION') return [];
      return [
        {
          message: `everybody waits for ${describeRelation(relation)} until the index of ${constraint.conname ?? 'the constraint'} is built`,
        },
      ];
    }),
};
