import type { Rule } from '../rule.ts';
import { commandsOnOldTable, describeRelation, effectsOfCommand } from '../statement-parts.ts';

const KINDS: Readonly<Record<string, string>> = { CONSTR_UNIQUE: 'unique constraint', CONSTR_PRIMARY: 'primary key' };

export const addUniqueBuilding: Rule = {
  id: 'add-unique-building',
  hazards: ['L4'],
  class: 'lock',
  severity: 'error',
  title: 'Unique constraint or primary key whose index is built under a lock',
  why: 'The index is built while an AccessExclusive lock on the table is held, so neither readers nor writers get in until it is done: 26 ms for 100,000 rows, minutes for many millions.',
  help: 'Build the unique index with CREATE UNIQUE INDEX CONCURRENTLY first, then attach it: ALTER TABLE … ADD CONSTRAINT … UNIQUE USING INDEX …, which takes 0.3 ms.',
  bad: [
    {
      before: 'create table orders (id bigint primary key, code text);',
      sql: 'alter table orders add constraint orders_code unique (code);',
      phase: 'postdeploy',
    },
    {
      before: 'create table orders (id bigint not null);',
      sql: 'alter table orders add primary key (id);',
      phase: 'postdeploy',
    },
    {
      before: 'create table orders (id bigint primary key);',
      sql: 'alter table orders add column code text unique;',
      phase: 'postdeploy',
    },
  ],
  good: [
    {
      before:
        'create table orders (id bigint primary key, code text); create unique index orders_code on orders (code);',
      sql: 'alter table orders add constraint orders_code unique using index orders_code;',
      phase: 'postdeploy',
    },
  ],
  check: (subject) =>
    commandsOnOldTable(subject).flatMap(({ relation, command }) => {
      const { def, subtype } = command;
      if (subtype !== 'AT_AddConstraint' && subtype !== 'AT_AddColumn') return [];
      const kind = uniqueKind(def);
      if (kind === undefined || effectsOfCommand(subject, command).indexBuilds.length === 0) return [];
      return [
        {
          message: `readers and writers of ${describeRelation(relation)} wait until the index of the ${kind} is built`,
        },
      ];
    }),
};

function uniqueKind(def: Parameters<typeof effectsOfCommand>[1]['def']): string | undefined {
  if (!def) return undefined;
  if ('Constraint' in def) return KINDS[def.Constraint.contype ?? ''];
  const constraints = 'ColumnDef' in def ? (def.ColumnDef.constraints ?? []) : [];
  return constraints
    .map((item) => ('Constraint' in item ? KINDS[item.Constraint.contype ?? ''] : undefined))
    .find(Boolean);
}
