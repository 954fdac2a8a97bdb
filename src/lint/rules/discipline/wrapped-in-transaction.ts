import type { Rule } from '../rule.ts';
import { isWrapped } from '../transaction-blocks.ts';

export const wrappedInTransaction: Rule = {
  id: 'wrapped-in-transaction',
  hazards: ['S14'],
  class: 'discipline',
  severity: 'warning',
  title: 'BEGIN and COMMIT around the whole file',
  why: 'The tool opens a transaction for the file already, and writes into it that the file was applied. A COMMIT of the file ends that transaction early, so the record comes after it: a crash in between applies the file twice. Onward takes the pair off.',
  help: 'Remove BEGIN and COMMIT.',
  bad: [{ sql: 'begin; create table orders (id bigint primary key); commit;' }],
  good: [{ sql: 'create table orders (id bigint primary key);' }],
  check({ file, index }) {
    // These two open no transaction: there, the pair does what it says.
    const opensNone = file.layout === 'golang-migrate' || file.layout === 'prisma';
    if (index !== 0 || opensNone || !file.isTransactional || !isWrapped(file.statements)) return [];
    return [{ message: 'the file is run in a transaction anyway, and this COMMIT ends it before it is recorded' }];
  },
};
