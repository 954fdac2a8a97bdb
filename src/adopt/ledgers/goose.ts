import {
  type ForeignEntry,
  hasColumns,
  type LedgerTool,
  lockOf,
  placeNumbered,
  quoteTable,
  textOf,
} from './ledger-tool.ts';

/**
 * goose: a row for every time that a file was applied or taken back; of several rows of one version the last decides. The row of version 0
 * only says that the table was made. It keeps no checksums, and times without a zone.
 */
export const goose: LedgerTool = {
  name: 'goose',
  title: 'goose',
  tables: ['goose_db_version'],
  // Only where a program asks for it.
  lock: lockOf('5887940537704921958'),
  fits: (table) =>
    hasColumns(table, {
      id: ['integer', 'bigint'],
      version_id: ['bigint'],
      is_applied: ['boolean'],
      tstamp: ['timestamp without time zone'],
    }),
  query: (table) => `
    select pg_catalog.to_jsonb(t) || pg_catalog.jsonb_build_object(
             'tstamp', pg_catalog.timezone(pg_catalog.current_setting('TimeZone'), t.tstamp)) as line
    from ${quoteTable(table)} t order by t.id`,
  accepts: (lines) => lines.every((line) => typeof line.is_applied === 'boolean'),
  read: (lines) => {
    const entries = new Map<string, ForeignEntry>();
    for (const line of lines) {
      const key = textOf(line, 'version_id');
      entries.delete(key);
      const appliedAt = textOf(line, 'tstamp');
      const entry = { key, label: key, ...(appliedAt === '' ? {} : { appliedAt }), line };
      if (key !== '0' && line.is_applied === true) entries.set(key, entry);
    }
    return { entries: [...entries.values()], findings: [] };
  },
  keyOf: ({ sequence }) => String(sequence),
  placeFile: placeNumbered,
  placeholders: /^--\s*\+goose\s+envsubst\s+on\b/im,
  marks: {
    up: /^\s*--\s*\+goose\s+up\b/i,
    down: /^\s*--\s*\+goose\s+down\b/i,
    noTransaction: /^\s*--\s*\+goose\s+no\s+transaction\b/i,
    statementEnd: /^\s*--\s*\+goose\s+statementend\b/i,
  },
};
