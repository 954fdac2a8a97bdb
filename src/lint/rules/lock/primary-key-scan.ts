import type { Rule } from '../rule.ts';
import { commandsOnOldTable, describeRelation, effectsOfCommand } from '../statement-parts.ts';

export const primaryKeyScan: Rule = {
  id: 'primary-key-scan',
  hazards: ['L4'],
  class: 'scan',
  severity: 'error',
  title: 'Primary key over a column that may be null',
  why: 'A primary key makes its columns NOT NULL. Even with USING INDEX the whole table is read for nulls under an AccessExclusive lock, unless the columns are known to hold none.',
  help: 'First prove it: ADD CONSTRAINT … CHECK (x IS NOT NULL) NOT VALID, then VALIDATE CONSTRAINT in a later transaction, then ALTER COLUMN x SET NOT NULL, and only then the primary key.',
  bad: [
    {
      before: 'create table orders (id bigint); create unique index orders_id on orders (id);',
      sql: 'alter table orders add primary key using index orders_id;',
      phase: 'postdeploy',
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint not null); create unique index orders_id on orders (id);',
      sql: 'alter table orders add primary key using index orders_id;',
      phase: 'postdeploy',
    },
  ],
  check: (subject) =>
    commandsOnOldTable(subject).flatMap(({ relation, command }) => {
      const constraint = command.def && 'Constraint' in command.def ? command.def.Constraint : undefined;
      if (constraint?.contype !== 'CONSTR_PRIMARY' || constraint.indexname === undefined) return [];
      const { scans, unknown } = effectsOfCommand(subject, command);
      if (scans.length + unknown.length === 0) return [];
      const may = scans.length === 0 ? 'may be' : 'is';
      return [{ message: `${describeRelation(relation)} ${may} read whole for nulls while everybody waits` }];
    }),
};
