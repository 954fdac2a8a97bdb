import { describeColumn, newColumns } from '../new-columns.ts';
import type { Rule } from '../rule.ts';

export const timestamptz: Rule = {
  id: 'timestamptz',
  hazards: ['S3'],
  class: 'style',
  severity: 'warning',
  title: 'Time without a time zone',
  why: "A timestamp says what a clock showed, not which clock: sessions with another TimeZone write and read other moments from the same values, and now() is cut to the session's clock. Changing it to timestamptz later rewrites the table (200 ms for 100,000 rows), unless the session's zone is UTC.",
  help: 'Make it timestamptz, which stores the moment in the same 8 bytes.',
  bad: [{ sql: 'create table orders (id bigint primary key, created_at timestamp);' }],
  good: [{ sql: 'create table orders (id bigint primary key, created_at timestamptz);' }],
  check: (subject) =>
    newColumns(subject)
      .filter(({ type }) => /^timestamp(\(\d\))? without time zone/.test(type))
      .map((made) => ({ message: `${describeColumn(made)} means another moment in each time zone` })),
};
