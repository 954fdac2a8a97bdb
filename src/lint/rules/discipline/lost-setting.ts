import type { Rule } from '../rule.ts';
import { settingsOf } from '../settings.ts';
import { isInOwnTransaction } from '../transaction-blocks.ts';

export const lostSetting: Rule = {
  id: 'lost-setting',
  hazards: ['S27'],
  class: 'discipline',
  severity: 'warning',
  title: 'SET LOCAL outside of a transaction',
  why: 'SET LOCAL ends with its transaction. In a file whose statements commit one by one that is the statement itself, so Postgres warns (25P01) and nothing is set for the ones behind it.',
  help: 'Write SET here and RESET at the end of the file, or leave it out.',
  bad: [{ sql: 'set local timezone = utc; create table entries (id bigint primary key);', isNotx: true }],
  good: [
    { sql: 'set timezone = utc; create table entries (id bigint primary key); reset timezone;', isNotx: true },
    { sql: 'set local timezone = utc; create table entries (id bigint primary key);' },
  ],
  check({ node, file, index }) {
    if (file.isTransactional || isInOwnTransaction(file.statements, index)) return [];
    return settingsOf(node)
      .filter(({ isLocal }) => isLocal)
      .map(({ name }) => ({ message: `${name} is set for nothing: each statement of this file commits by itself` }));
  },
};
