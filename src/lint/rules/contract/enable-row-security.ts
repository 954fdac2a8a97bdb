import type { Rule } from '../rule.ts';
import { commandsOnOldTable, describeRelation } from '../statement-parts.ts';

export const enableRowSecurity: Rule = {
  id: 'enable-row-security',
  hazards: ['C10'],
  class: 'contract',
  severity: 'error',
  title: 'Row-level security switched on under old instances',
  why: 'Without a policy that lets it, the old version reads no rows, without an error, and its writes fail with 42501. A policy that asks for a setting does the same as long as the old version does not set it.',
  help: 'Let the new version make the setting that the policies ask for, and switch row-level security on in the postdeploy phase, when no old instance reads.',
  allowedFrom: 'postdeploy',
  bad: [
    { before: 'create table orders (id bigint primary key);', sql: 'alter table orders enable row level security;' },
    { before: 'create table orders (id bigint primary key);', sql: 'alter table orders force row level security;' },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key);',
      sql: 'alter table orders enable row level security;',
      phase: 'postdeploy',
    },
    { sql: 'create table notes (id bigint primary key); alter table notes enable row level security;' },
  ],
  check: (subject) =>
    commandsOnOldTable(subject)
      .filter(({ command }) => ['AT_EnableRowSecurity', 'AT_ForceRowSecurity'].includes(command.subtype ?? ''))
      .map(({ relation }) => ({
        message: `the old version sees only those rows of ${describeRelation(relation)} that a policy shows it from here on`,
      })),
};
