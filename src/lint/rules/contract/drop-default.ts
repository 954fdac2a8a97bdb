import { relationFromParts } from '../../../sql/index.ts';
import { leftBehind } from '../old-columns.ts';
import { isOldObject } from '../old-objects.ts';
import type { Hit, Rule, Subject } from '../rule.ts';
import { commandsOnOldTable, describeRelation, type TableCommand } from '../statement-parts.ts';
import { isNullOrNothing } from '../trees.ts';

export const dropDefault: Rule = {
  id: 'drop-default',
  hazards: ['C7'],
  class: 'contract',
  severity: 'error',
  title: 'Default dropped that old INSERTs rely on',
  why: "The old version's INSERTs that leave the column out store null from here on, or fail with 23502 when the column is NOT NULL. That is so for a column that the release itself has added with a default, too.",
  help: 'Let the new version name the column in every INSERT, and drop the default in the contract phase of a later release.',
  allowedFrom: 'contract',
  bad: [
    {
      before: "create table orders (id bigint primary key, kind text not null default 'plain');",
      sql: 'alter table orders alter column kind drop default;',
    },
    {
      before: 'create table orders (id bigint primary key);',
      sql: "alter table orders add column kind text not null default 'plain'; alter table orders alter column kind drop default;",
    },
    { before: 'create domain amount as numeric default 0;', sql: 'alter domain amount drop default;' },
  ],
  good: [
    {
      before: "create table orders (id bigint primary key, kind text not null default 'plain');",
      sql: 'alter table orders alter column kind drop default;',
      phase: 'contract',
    },
    {
      before: 'create table orders (id bigint primary key);',
      sql: "alter table orders add column kind text default 'plain'; alter table orders alter column kind drop default;",
    },
  ],
  check: (subject) => [...checkColumns(subject), ...checkDomain(subject)],
};

function checkColumns(subject: Subject): readonly Hit[] {
  return commandsOnOldTable(subject)
    .filter(({ command }) => command.subtype === 'AT_ColumnDefault' && isNullOrNothing(command.def))
    .filter((item) => mayBeMissed(subject, item))
    .map(({ relation, command }) => ({
      message: `the old version's INSERTs that leave out ${describeRelation(relation)}.${command.name} get no default from here on`,
    }));
}

function mayBeMissed(subject: Subject, { relation, table, command }: TableCommand): boolean {
  const name = command.name ?? '';
  const column = table?.columns.get(name);
  if (!column) return true;
  if (leftBehind(subject, relation, name) !== 'known') return column.isNotNull;
  return !isNullOrNothing(column.defaultValue);
}

function checkDomain(subject: Subject): readonly Hit[] {
  const { node } = subject;
  if (!('AlterDomainStmt' in node) || node.AlterDomainStmt.subtype !== 'T' || node.AlterDomainStmt.def) return [];
  const name = relationFromParts(node.AlterDomainStmt.typeName);
  if (!name || !isOldObject(subject, { kind: 'OBJECT_DOMAIN', name })) return [];
  return [
    {
      message: `the old version's INSERTs that leave out a column of ${describeRelation(name)} get no default from here on`,
    },
  ];
}
