import type { Rule } from '../rule.ts';

export const copyFromClient: Rule = {
  id: 'copy-from-client',
  hazards: ['S28'],
  class: 'discipline',
  severity: 'error',
  title: 'COPY that needs psql or a file on the server',
  why: 'The rows of COPY … FROM STDIN stand in the file for psql to send; a migration tool sends the whole text as SQL and fails at the first row. A file name is looked up on the server, where the migration cannot put one, and takes a superuser.',
  help: 'Write the rows as INSERT statements, or load them with a data migration.',
  bad: [
    { sql: 'create table states (id bigint primary key); copy states from stdin;' },
    { sql: "create table states (id bigint primary key); copy states from '/srv/import/states.csv';" },
    { sql: 'create table states (id bigint primary key); copy states to stdout;' },
  ],
  good: [{ sql: 'create table states (id bigint primary key); insert into states values (1), (2);' }],
  check({ node }) {
    if (!('CopyStmt' in node)) return [];
    const { filename, is_from: isFrom, is_program: isProgram } = node.CopyStmt;
    if (filename === undefined) {
      return [
        { message: `COPY ${isFrom ? 'from' : 'to'} the client needs psql: a migration has no client that speaks it` },
      ];
    }
    const what = isProgram ? 'runs a program' : isFrom ? 'reads a file' : 'writes a file';
    return [{ message: `COPY ${what} on the server, which needs a superuser and that machine` }];
  },
};
