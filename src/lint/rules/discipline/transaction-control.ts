import { transactionControl } from '../../../sql/index.ts';
import type { Rule } from '../rule.ts';
import { isWrapped } from '../transaction-blocks.ts';

export const transactionControlRule: Rule = {
  id: 'transaction-control',
  hazards: ['S14'],
  class: 'discipline',
  severity: 'error',
  title: 'Transaction begun or ended in the middle of a file',
  why: 'A tool runs a file in one transaction and records it there. After a COMMIT of the file itself, a failure further down leaves one half applied and nothing recorded, and the next run fails at what is there already.',
  help: 'Remove it, and split the file where one transaction should end.',
  bad: [
    {
      sql: 'create table orders (id bigint primary key); commit; create table lines (id bigint primary key);',
    },
    {
      sql: 'begin; create table orders (id bigint primary key); commit; begin; create table lines (id bigint primary key); rollback;',
    },
  ],
  good: [{ sql: 'create table orders (id bigint primary key); create table lines (id bigint primary key);' }],
  check({ file, statement, index }) {
    if (transactionControl(statement) === undefined) return [];
    const isOwn = file.layout === 'onward' || file.layout === 'flat';
    // Where no tool opens a transaction, the file may.
    if (!file.isTransactional && !isOwn) return [];
    const isOuter = index === 0 || index === file.statements.length - 1;
    if (file.isTransactional && isOuter && isWrapped(file.statements)) return [];
    const word = statement.text.split(/\s/)[0]?.toUpperCase() ?? '';
    return [
      {
        message: `${word} starts or ends a transaction in the middle of the file: a failure behind it leaves the file half applied`,
      },
    ];
  },
};
