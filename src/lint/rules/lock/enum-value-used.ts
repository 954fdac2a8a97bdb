import { relationFromParts } from '../../../sql/index.ts';
import type { SqlNode } from '../../../system/index.ts';
import { perFile } from '../per-file.ts';
import type { Rule } from '../rule.ts';

export const enumValueUsed: Rule = {
  id: 'enum-value-used',
  hazards: ['L28'],
  class: 'lock',
  severity: 'error',
  title: 'New enum value used in the transaction that adds it',
  why: 'Postgres refuses it (55P04, unsafe use of new value), and the whole file is taken back.',
  help: 'Add the value in one file, and use it in a later one.',
  bad: [
    {
      before: "create type state as enum ('open'); create table orders (id bigint primary key, state state);",
      sql: "alter type state add value 'paid'; alter table orders alter column state set default 'paid';",
      phase: 'contract',
    },
  ],
  good: [
    {
      before: "create type state as enum ('open'); create table orders (id bigint primary key, state state);",
      sql: "alter type state add value if not exists 'paid';",
      phase: 'postdeploy',
    },
  ],
  check({ node, file, index, schema }) {
    if (!file.isTransactional || 'AlterEnumStmt' in node) return [];
    const added = addedValues(file.statements).filter((value) => {
      // A type that the same transaction makes has no rows yet, and its new values may be used.
      const isOwn = value.type !== undefined && schema.findType(value.type)?.isNew === true;
      return value.index < index && !isOwn;
    });
    const used = added.find(({ value }) => mentions(node, value));
    return used === undefined
      ? []
      : [{ message: `the value '${used.value}' cannot be used before its transaction has committed` }];
  },
};

/** Values that statements of a file add to enums. */
const addedValues = perFile((statements) =>
  statements.flatMap(({ node }, index) => {
    const found = 'AlterEnumStmt' in node ? node.AlterEnumStmt : undefined;
    const type = relationFromParts(found?.typeName);
    return found?.newVal === undefined || found.oldVal !== undefined ? [] : [{ index, type, value: found.newVal }];
  }),
);

function mentions(value: unknown, text: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const constant = (value as Partial<Extract<SqlNode, { A_Const: unknown }>>).A_Const;
  if (constant) return constant.sval?.sval === text;
  return Object.values(value).some((part) => mentions(part, text));
}
