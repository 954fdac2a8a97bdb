import { baseName, hasColumns, type LedgerTool, lockOf, placeNumbered, quoteTable, textOf } from './ledger-tool.ts';

/** node-pg-migrate: a row per file, by its name without extension. It keeps no checksums, and times without a zone. */
export const nodePgMigrate: LedgerTool = {
  name: 'node-pg-migrate',
  title: 'node-pg-migrate',
  tables: ['pgmigrations'],
  lock: lockOf('7241865325823964'),
  fits: (table) =>
    hasColumns(table, {
      id: ['integer'],
      name: ['character varying'],
      run_on: ['timestamp without time zone'],
    }),
  query: (table) => `
    select pg_catalog.to_jsonb(t) || pg_catalog.jsonb_build_object(
             'run_on', pg_catalog.timezone(pg_catalog.current_setting('TimeZone'), t.run_on)) as line
    from ${quoteTable(table)} t order by t.run_on, t.id`,
  accepts: () => true,
  read: (lines) => ({
    entries: lines.map((line) => {
      const name = textOf(line, 'name');
      return { key: name.replace(/^(\d+)-/, '$1_'), label: name, appliedAt: textOf(line, 'run_on'), line };
    }),
    findings: [],
  }),
  keyOf: baseName,
  placeFile: (path) => (path.endsWith('.down.sql') ? 'ignored' : placeNumbered(path)),
  marks: { up: /^\s*--[\s-]*up\s+migration/i, down: /^\s*--[\s-]*down\s+migration/i },
};
