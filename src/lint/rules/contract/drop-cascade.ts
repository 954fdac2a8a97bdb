import { relationName } from '../../../sql/index.ts';
import { describeObject, droppedObjects } from '../old-objects.ts';
import type { Rule, Subject } from '../rule.ts';
import { commandsOnOldTable, describeRelation, isOld } from '../statement-parts.ts';

export const dropCascade: Rule = {
  id: 'drop-cascade',
  hazards: ['C2', 'C12'],
  class: 'contract',
  severity: 'error',
  title: 'CASCADE, which takes away more than the statement names',
  why: 'Everything that depends on it goes too: views, foreign keys, defaults, columns of a type, and with TRUNCATE the rows of other tables. Which ones is decided by the database that it runs on, not by the text that was reviewed.',
  help: 'Name what depends on it and drop that first, one by one, without CASCADE: Postgres refuses with 2BP01 and lists what is left.',
  bad: [
    {
      before: 'create table orders (id bigint primary key); create view open_orders as select id from orders;',
      sql: 'drop table orders cascade;',
      phase: 'contract',
    },
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: 'alter table orders drop column note cascade;',
      phase: 'contract',
    },
    { before: 'create table orders (id bigint primary key);', sql: 'truncate orders cascade;', phase: 'contract' },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key); create view open_orders as select id from orders;',
      sql: 'drop view open_orders;',
      phase: 'contract',
    },
    { sql: 'create table draft (id bigint primary key); drop table draft;' },
  ],
  check: (subject) =>
    cascades(subject).map((what) => ({ message: `CASCADE takes away all that depends on ${what}, whatever that is` })),
};

function cascades(subject: Subject): readonly string[] {
  const { node } = subject;
  if ('DropStmt' in node && node.DropStmt.behavior === 'DROP_CASCADE') {
    return droppedObjects(subject, [node.DropStmt.removeType ?? '']).map((object) => describeObject(object));
  }
  if ('DropOwnedStmt' in node) return ['a role'];
  if ('TruncateStmt' in node && node.TruncateStmt.behavior === 'DROP_CASCADE') {
    const names = (node.TruncateStmt.relations ?? []).map((item) =>
      'RangeVar' in item ? relationName(item.RangeVar) : undefined,
    );
    return names
      .filter((name) => name !== undefined)
      .filter((name) => isOld(subject, name))
      .map(describeRelation);
  }
  return commandsOnOldTable(subject)
    .filter(({ command }) => command.behavior === 'DROP_CASCADE')
    .map(({ relation, command }) => `${describeRelation(relation)}.${command.name}`);
}
