import { formatTypeName } from '../../schema-model/type-name.ts';
import { commandsOnOldColumn } from '../old-columns.ts';
import type { Rule, Subject } from '../rule.ts';
import { describeRelation } from '../statement-parts.ts';
import { judgeTypeChange } from '../type-change.ts';

export const changeColumnType: Rule = {
  id: 'change-column-type',
  hazards: ['C4'],
  class: 'contract',
  severity: 'error',
  title: 'Column type changed in what clients send or get',
  why: 'A column of another type arrives as another type: bigint reaches most JavaScript drivers as a string where integer was a number, and a driver that has the old type number prepared fails with "cached plan must not change result type" (0A000). A narrower type refuses what the old version writes, with 22001 or 22003.',
  help: 'Add a column of the new type, keep both filled by a trigger, copy the old rows in batches, read the new one, and drop the old one in the contract phase of a later release. Free of this: varchar(n) to a larger varchar or to text, numeric to more digits before the point, a time to more of its fractions.',
  allowedFrom: 'contract',
  bad: [
    {
      before: 'create table orders (id bigint primary key, quantity integer);',
      sql: 'alter table orders alter column quantity type bigint;',
    },
    {
      before: 'create table orders (id bigint primary key, code text);',
      sql: 'alter table orders alter column code type varchar(20);',
    },
    {
      before: 'create table orders (id bigint primary key, total numeric(10,2));',
      sql: 'alter table orders alter column total type numeric(10,4);',
    },
    {
      before: 'create table orders (id bigint primary key, at timestamp);',
      sql: "alter table orders alter column at type timestamptz using at at time zone 'UTC';",
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key, code varchar(20));',
      sql: 'alter table orders alter column code type varchar(40);',
    },
    {
      before: 'create table orders (id bigint primary key, code varchar(20));',
      sql: 'alter table orders alter column code type text;',
    },
    {
      before: 'create table orders (id bigint primary key, total numeric(10,2));',
      sql: 'alter table orders alter column total type numeric(12,2);',
    },
  ],
  check: (subject) =>
    commandsOnOldColumn(subject, ['AT_AlterColumnType']).flatMap(({ relation, name, column, command }) => {
      const typeName = command.def && 'ColumnDef' in command.def ? command.def.ColumnDef.typeName : undefined;
      const judged = judgeTypeChange(column?.type, formatTypeName(typeName), domainBase(subject));
      return judged === undefined ? [] : [{ message: `${describeRelation(relation)}.${name} ${judged}` }];
    }),
};

/** What a domain is made of, when it demands nothing more than that. */
function domainBase({ schema }: Subject): (type: string) => string {
  return (type) => {
    const [name = '', schemaName] = type.split('.').reverse();
    const found = schema.findType(schemaName === undefined ? { name } : { schema: schemaName, name });
    return found?.kind === 'domain' && !found.isConstrained ? (found.baseType ?? type) : type;
  };
}
