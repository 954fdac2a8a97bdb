import { baseName, hasColumns, type LedgerTool, lockOf, quoteTable, textOf } from './ledger-tool.ts';

/** Caracal's `migrate.sh`: a row per file, by its name without `.up.sql`. It keeps no checksum. */
export const caracal: LedgerTool = {
  name: 'caracal',
  title: 'Caracal',
  tables: ['schema_migrations'],
  lock: lockOf('4732518903281471'),
  fits: (table) => hasColumns(table, { version: ['text'], applied_at: ['timestamp with time zone'] }),
  query: (table) => `select pg_catalog.to_jsonb(t) as line from ${quoteTable(table)} t order by t.version collate "C"`,
  accepts: (lines) => lines.every((line) => /^\d{4}_[A-Za-z0-9_]+$/.test(textOf(line, 'version'))),
  read: (lines) => ({
    entries: lines.map((line) => {
      const key = textOf(line, 'version');
      return { key, label: `${key}.up.sql`, appliedAt: textOf(line, 'applied_at'), line };
    }),
    findings: [],
  }),
  keyOf: baseName,
};
