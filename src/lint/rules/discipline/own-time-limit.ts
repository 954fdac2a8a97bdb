import type { Rule } from '../rule.ts';
import { settingsOf, TIME_LIMITS } from '../settings.ts';
import { canTag } from '../statement-parts.ts';

export const ownTimeLimit: Rule = {
  id: 'own-time-limit',
  hazards: ['L22'],
  class: 'discipline',
  severity: 'warning',
  title: 'Time limit set by the migration',
  why: 'One limit cannot fit every statement: a lock that stalls the application must be given up after milliseconds, an index that is built concurrently must never be. Onward waits for a quiet moment and then sets the limit for each statement by its kind; a limit of the file takes the place of that.',
  help: 'Remove it: Onward sets limits by itself.',
  bad: [
    { sql: "set lock_timeout = '2s'; create table orders (id bigint primary key);" },
    { sql: "set local statement_timeout = '5min'; create table orders (id bigint primary key);" },
    { sql: "select set_config('lock_timeout', '2s', true);" },
  ],
  good: [{ sql: 'create table orders (id bigint primary key);' }],
  check({ node, file }) {
    // Other tools set no limit: there, the file is right to.
    if (!canTag(file.layout)) return [];
    return settingsOf(node)
      .filter(({ name }) => TIME_LIMITS.has(name))
      .map(({ name }) => ({ message: `${name} takes the place of the limit that fits each statement` }));
  },
};
