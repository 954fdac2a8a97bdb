import { createHash } from 'node:crypto';
import type { Finding } from '../../model/index.ts';
import {
  baseName,
  hasColumns,
  type LedgerLine,
  type LedgerTool,
  lockOf,
  nameOfOwn,
  type Placing,
  placeNumbered,
  quoteTable,
  textOf,
} from './ledger-tool.ts';

// Where its table was made by hand, often as text.
const TEXT = ['character varying', 'text'];
const TIME = ['timestamp with time zone'];

/**
 * Prisma Migrate: a row for every try, by the name of the migration's folder, with the SHA-256 of its script. A try without a time of
 * finishing failed, or is at work; one that was rolled back does not count. A row without steps was not run: it says what
 * `prisma migrate resolve --applied` was told.
 */
export const prisma: LedgerTool = {
  name: 'prisma',
  title: 'Prisma Migrate',
  tables: ['_prisma_migrations'],
  lock: lockOf('72707369'),
  fits: (table) =>
    hasColumns(table, {
      id: TEXT,
      checksum: TEXT,
      finished_at: TIME,
      migration_name: TEXT,
      logs: ['text'],
      rolled_back_at: TIME,
      started_at: TIME,
      applied_steps_count: ['integer'],
    }),
  query: (table) =>
    `select pg_catalog.to_jsonb(t) - 'logs' as line from ${quoteTable(table)} t order by t.started_at, t.migration_name`,
  accepts: () => true,
  read: (lines) => {
    const counting = lines.filter((line) => textOf(line, 'rolled_back_at') === '');
    return {
      entries: counting
        .filter((line) => textOf(line, 'finished_at') !== '')
        .map((line) => ({
          key: nameOfOwn(placeFolder(textOf(line, 'migration_name')), textOf(line, 'migration_name')),
          label: textOf(line, 'migration_name'),
          checksum: textOf(line, 'checksum'),
          appliedAt: textOf(line, 'finished_at'),
          durationMs: Math.max(0, Date.parse(textOf(line, 'finished_at')) - Date.parse(textOf(line, 'started_at'))),
          ...(Number(textOf(line, 'applied_steps_count')) === 0 ? { isOnlyTold: true } : {}),
          line,
        })),
      findings: counting.filter((line) => textOf(line, 'finished_at') === '').map(unfinished),
    };
  },
  keyOf: baseName,
  placeFile: (path) => {
    const [, folder] = /^([^/]+)\/migration\.sql$/.exec(path) ?? [];
    return folder === undefined ? undefined : placeFolder(folder);
  },
  // It takes any line ends for the same; so files that git has rewritten still match. A byte order mark counts.
  checksumsOf: ({ text, sha256 }) => {
    const start = sha256 === sha256Of(`\uFEFF${text}`) ? '\uFEFF' : '';
    const unix = `${start}${text.replaceAll('\r\n', '\n')}`;
    return [sha256, sha256Of(unix), sha256Of(unix.replaceAll('\n', '\r\n'))];
  },
};

/** It runs the script of every folder, whatever that is called; without a question it makes `20260301100000_`. */
function placeFolder(name: string): Placing {
  return placeNumbered(`${name}.sql`) ?? 'unnumbered';
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function unfinished(line: LedgerLine): Finding {
  const name = textOf(line, 'migration_name');
  return {
    code: 'adopt.failed',
    severity: 'error',
    message: `Prisma began ${name} and did not finish it`,
    hint: `Wait for Prisma if it is at work. Else mend the schema, say which it is with "prisma migrate resolve --applied ${name}" or "--rolled-back ${name}", then run the same command again.`,
  };
}
