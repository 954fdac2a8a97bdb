import { describeColumn, newColumns } from '../new-columns.ts';
import type { Rule } from '../rule.ts';

export const jsonbOverJson: Rule = {
  id: 'jsonb-over-json',
  hazards: ['S5'],
  class: 'style',
  severity: 'warning',
  title: 'JSON kept as text, which cannot be compared',
  why: 'The type json has no equality: DISTINCT, GROUP BY and UNION over the column fail with 42883, and it can have no GIN index. Each access parses the text again.',
  help: 'Make it jsonb, unless the text itself (its blanks, its order of keys) must be kept.',
  bad: [{ sql: 'create table orders (id bigint primary key, details json);' }],
  good: [{ sql: 'create table orders (id bigint primary key, details jsonb);' }],
  check: (subject) =>
    newColumns(subject)
      .filter(({ type }) => /^json(\[\])?$/.test(type))
      .map((made) => ({ message: `statements that compare ${describeColumn(made)} fail` })),
};
