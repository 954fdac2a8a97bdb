import { isOutsideTransaction } from '../../../sql/index.ts';
import type { Layout } from '../../lint-file.ts';
import type { Rule } from '../rule.ts';
import { isInOwnTransaction } from '../transaction-blocks.ts';

const TAG = 'Put "-- onward:transaction none" at the top of the file, best of a file of its own.';
const ALONE =
  'Move it to a file of its own: the tool sends a file as one message, which Postgres runs as one transaction.';

/** How each tool is told; the tools that send a file as one message need it to be alone as well. */
const HELP: Readonly<Record<Layout, string>> = {
  onward: TAG,
  flat: TAG,
  plain: TAG,
  'golang-migrate': ALONE,
  prisma: ALONE,
  flyway: 'Move it to a file of its own: Flyway then sees that it runs without a transaction, and refuses a mixture.',
  dbmate: 'Move it to a file of its own that says "-- migrate:up transaction:false".',
  goose: 'Move it to a file of its own that says "-- +goose NO TRANSACTION".',
  sqlx: 'Move it to a file of its own whose first line is "-- no-transaction".',
  diesel: 'Move it to a migration of its own with "run_in_transaction = false" in its metadata.toml.',
};

export const outsideTransaction: Rule = {
  id: 'outside-transaction',
  hazards: ['L24'],
  class: 'discipline',
  severity: 'error',
  title: 'Statement that cannot run in a transaction, in one',
  why: 'CONCURRENTLY, VACUUM, ALTER SYSTEM and their like commit by themselves in the middle of their work. Inside of a transaction, or of several statements that are sent as one message, Postgres refuses them with 25001, and the whole file with them.',
  help: TAG,
  bad: [
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: 'create index concurrently orders_note on orders (note);',
    },
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: 'begin; create index concurrently orders_note on orders (note); commit;',
      isNotx: true,
    },
  ],
  good: [
    {
      before: 'create table orders (id bigint primary key, note text);',
      sql: 'create index concurrently orders_note on orders (note);',
      isNotx: true,
    },
  ],
  check({ node, file, index }) {
    if (!isOutsideTransaction(node)) return [];
    if (isInOwnTransaction(file.statements, index)) {
      return [
        {
          message: 'Postgres refuses it inside of the transaction that the file begins',
          help: 'Remove the BEGIN and the COMMIT.',
        },
      ];
    }
    if (!file.isTransactional) return [];
    return [
      { message: 'Postgres refuses it inside of a transaction, and this file runs in one', help: HELP[file.layout] },
    ];
  },
};
