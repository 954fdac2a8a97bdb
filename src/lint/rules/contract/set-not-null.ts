import { addedConstraints, leftBehind } from '../old-columns.ts';
import type { Rule, Subject } from '../rule.ts';
import { commandsOnOldTable, describeRelation, type TableCommand } from '../statement-parts.ts';

export const setNotNull: Rule = {
  id: 'set-not-null',
  hazards: ['C5'],
  class: 'contract',
  severity: 'error',
  title: 'Column made NOT NULL while old instances may leave it empty',
  why: "The old version's INSERTs and UPDATEs that leave the column null fail with 23502 from here on, also those that never name it. NOT VALID spares the old rows only, not new ones.",
  help: 'Go in this order: let the new version always fill the column, fill the old rows in batches, and only in the postdeploy phase add CHECK (column IS NOT NULL) NOT VALID, validate it in the next file, and then SET NOT NULL, which the check spares the scan.',
  allowedFrom: 'postdeploy',
  bad: [
    {
      before: 'create table orders (id bigint primary key, note text); insert into orders values (1, $$a$$);',
      sql: 'alter table orders alter column note set not null;',
    },
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: 'alter table orders add constraint orders_note not null note not valid;',
      since: 18,
    },
    {
      before: 'create table notes (id bigint, note text);',
      sql: 'alter table notes add primary key (id);',
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key, note text, constraint note_there check (note is not null));',
      sql: 'alter table orders alter column note set not null;',
    },
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: "alter table orders add column kind text default 'plain'; alter table orders alter column kind drop not null;",
    },
  ],
  check: (subject) =>
    notNulls(subject).map(({ relation, column }) => ({
      message: `the old version's writes that leave ${describeRelation(relation)}.${column} null fail from here on`,
    })),
};

interface NotNull extends TableCommand {
  readonly column: string;
}

function notNulls(subject: Subject): readonly NotNull[] {
  const direct = commandsOnOldTable(subject)
    .filter(({ command }) => command.subtype === 'AT_SetNotNull')
    .map((item) => ({ ...item, column: item.command.name ?? '' }));
  const added = addedConstraints(subject, ['CONSTR_NOTNULL', 'CONSTR_PRIMARY'])
    .filter(({ command }) => command.subtype === 'AT_AddConstraint')
    .flatMap(({ columns, ...item }) => columns.map((column) => ({ ...item, column })));
  return [...direct, ...added].filter((item) => !isAlreadyFilled(subject, item));
}

/** Old writers fill it already: they must, or what they leave out gets a default. */
function isAlreadyFilled(subject: Subject, { relation, table, column }: NotNull): boolean {
  if (table?.columns.get(column)?.isNotNull) return true;
  const isProven = [...(table?.constraints.values() ?? [])].some(({ provesNotNull }) => provesNotNull.includes(column));
  return isProven || leftBehind(subject, relation, column) === 'default';
}
