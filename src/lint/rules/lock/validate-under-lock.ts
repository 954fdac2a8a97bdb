import { isStrong } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { commandsOnOldTable, describeRelation } from '../statement-parts.ts';

export const validateUnderLock: Rule = {
  id: 'validate-under-lock',
  hazards: ['L5'],
  class: 'scan',
  severity: 'error',
  title: 'Validation in the transaction that holds a strong lock on the table',
  why: 'VALIDATE CONSTRAINT itself lets others read and write, but a lock that the same transaction took before (by ADD CONSTRAINT … NOT VALID, for instance) is held until it commits: the whole validation happens under it.',
  help: 'Put VALIDATE CONSTRAINT in a later file of its own.',
  bad: [
    {
      before: 'create table orders (id bigint primary key, total int);',
      sql: 'alter table orders add constraint positive check (total > 0) not valid; alter table orders validate constraint positive;',
      phase: 'postdeploy',
    },
  ],
  good: [
    {
      before:
        'create table orders (id bigint primary key, total int); alter table orders add constraint positive check (total > 0) not valid;',
      sql: 'alter table orders validate constraint positive;',
      phase: 'postdeploy',
    },
  ],
  check(subject) {
    const validated = commandsOnOldTable(subject).filter(({ command }) => command.subtype === 'AT_ValidateConstraint');
    return validated.flatMap(({ relation, table, command }) => {
      const id = table?.id ?? `${relation.schema ?? 'public'}.${relation.name}`;
      const holder = subject.earlier.find(({ effects }) =>
        effects.locks.some((lock) => lock.relation === id && isStrong(lock.mode)),
      );
      if (!holder) return [];
      return [
        {
          message: `${command.name} is validated while line ${holder.statement.line} still locks ${describeRelation(relation)}`,
        },
      ];
    });
  },
};
