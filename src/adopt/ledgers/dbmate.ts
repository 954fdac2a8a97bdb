import { hasColumns, type LedgerTool, placeNumbered, quoteTable, textOf } from './ledger-tool.ts';

/** dbmate: a row per file, by the number that its name starts with. It keeps neither times nor checksums. */
export const dbmate: LedgerTool = {
  name: 'dbmate',
  title: 'dbmate',
  tables: ['schema_migrations'],
  fits: (table) => hasColumns(table, { version: ['character varying'] }),
  // Rails has the same table, and this one beside it.
  isDoubtful: (table) => table.beside.includes('ar_internal_metadata'),
  query: (table) => `select pg_catalog.to_jsonb(t) as line from ${quoteTable(table)} t order by t.version collate "C"`,
  accepts: (lines) => lines.every((line) => /^\d+$/.test(textOf(line, 'version'))),
  read: (lines) => ({
    entries: lines.map((line) => {
      const version = textOf(line, 'version');
      return { key: plainNumber(version), label: version, line };
    }),
    findings: [],
  }),
  keyOf: ({ sequence }) => String(sequence),
  placeFile: placeNumbered,
  marks: {
    up: /^--\s*migrate:up\b/,
    down: /^--\s*migrate:down\b/,
    noTransaction: /^--\s*migrate:up\s(?:.*\s)?transaction:false(?:\s|$)/,
  },
};

/** Without the zeros that file names are padded with. */
function plainNumber(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '');
}
