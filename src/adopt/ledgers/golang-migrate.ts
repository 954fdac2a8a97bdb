import { hasColumns, type LedgerTool, quoteTable, textOf } from './ledger-tool.ts';

/**
 * golang-migrate: one row, with the number that the schema has come to, and whether the last migration failed on its way. It knows neither
 * which files it has applied nor when.
 */
export const golangMigrate: LedgerTool = {
  name: 'golang-migrate',
  title: 'golang-migrate',
  tables: ['schema_migrations'],
  fits: (table) => hasColumns(table, { version: ['bigint'], dirty: ['boolean'] }),
  query: (table) => `select pg_catalog.to_jsonb(t) as line from ${quoteTable(table)} t`,
  accepts: (lines) => lines.length <= 1,
  read: (lines) => {
    const [line] = lines;
    if (!line) return { entries: [], findings: [] };
    const sequence = Number(textOf(line, 'version'));
    if (line.dirty !== false) return { entries: [], findings: [dirty(sequence)] };
    return { entries: [], upTo: { sequence, line }, findings: [] };
  },
  keyOf: ({ sequence }) => String(sequence),
};

function dirty(version: number) {
  return {
    code: 'adopt.dirty',
    severity: 'error',
    message: `golang-migrate calls version ${version} dirty: it failed on its way, and nobody knows how far it came`,
    hint: `Bring the schema to what version ${version} makes of it, or to what it was before; say so with "migrate force <version>", then run the same command again.`,
  } as const;
}
