import { hasDefinition, rowChanges } from '../changed-rows.ts';
import type { Rule } from '../rule.ts';
import { describeRelation, isOld } from '../statement-parts.ts';

export const dataChange: Rule = {
  id: 'data-change',
  hazards: ['L21', 'S29'],
  class: 'discipline',
  severity: 'error',
  title: 'Rows of an existing table changed beside schema changes',
  why: 'The locks of the schema change are held until the rows are written, and the locks on the rows until the file commits. Updating 100,000 rows took 650 ms and 53 MB of WAL where adding a column took 0.4 ms; all that time the application waits.',
  help: 'Move the rows to a data migration, which works in batches and can be paused, or to a file of their own behind this one.',
  bad: [
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: "alter table orders add column state text; update orders set state = 'open';",
    },
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: 'create table archive (id bigint primary key); with gone as (delete from orders returning id) insert into archive select id from gone;',
    },
  ],
  good: [
    { sql: "create table states (id bigint primary key, name text); insert into states values (1, 'open');" },
    {
      before: 'create table states (id bigint primary key, name text);',
      sql: "insert into states values (2, 'closed');",
    },
  ],
  check(subject) {
    const { file, node } = subject;
    if (!hasDefinition(file.statements)) return [];
    const changes = rowChanges(node).filter(({ relation }) => isOld(subject, relation));
    return changes.map(({ verb, relation }) => ({
      message: `${verb} of rows of ${describeRelation(relation)} stands beside schema changes: each waits for the other with its locks held`,
    }));
  },
};
