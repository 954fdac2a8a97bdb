import { describeColumn, newColumns } from '../new-columns.ts';
import type { Rule } from '../rule.ts';

export const textOverChar: Rule = {
  id: 'text-over-char',
  hazards: ['S4'],
  class: 'style',
  severity: 'warning',
  title: 'Text of fixed length, filled up with blanks',
  why: 'A char(n) stores every value filled up to n with blanks, ignores blanks at the end when it compares, and loses them on the way to text. It is no faster and no smaller, and changing it to text or to another length rewrites the table (166 ms for 100,000 rows), which a varchar(n) that grows does not.',
  help: 'Make it text, with a CHECK on the length where one is meant.',
  bad: [{ sql: 'create table orders (id bigint primary key, country char(2));' }],
  good: [
    { sql: 'create table orders (id bigint primary key, country text check (length(country) = 2));' },
    { sql: 'create table orders (id bigint primary key, code varchar(20));' },
  ],
  check: (subject) =>
    newColumns(subject)
      .filter(({ type }) => /^character\((?!1\))\d+\)/.test(type))
      .map((made) => ({ message: `values of ${describeColumn(made)} are filled up with blanks` })),
};
