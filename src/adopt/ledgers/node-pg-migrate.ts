import {
  baseName,
  hasColumns,
  type LedgerTool,
  lockOf,
  nameOfOwn,
  type Placing,
  placeNumbered,
  quoteTable,
  textOf,
} from './ledger-tool.ts';

/**
 * node-pg-migrate: a row per file, by its name without `.sql`, with or without its `.up`. It keeps no checksums, and times without a zone.
 */
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
      return { key: nameOfOwn(placeFile(`${name}.sql`), name), label: name, appliedAt: textOf(line, 'run_on'), line };
    }),
    findings: [],
  }),
  keyOf: baseName,
  placeFile,
  marks: { up: /^\s*--[\s-]*up\s+migration/i, down: /^\s*--[\s-]*down\s+migration/i },
};

function placeFile(path: string): Placing {
  if (path.endsWith('.down.sql')) return 'ignored';
  const place = placeNumbered(path);
  if (!place) return /^[^/]+\.sql$/.test(path) ? 'unnumbered' : undefined;
  return { ...place, version: place.version.map(toMilliseconds) };
}

/** Its `utc` numbers have more digits than a number can hold. They are times, as its other numbers are. */
function toMilliseconds(digits: string): string {
  const time = digits.replace(/^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})$/, '$1-$2-$3T$4:$5:$6.$7Z');
  return time === digits || Number.isNaN(Date.parse(time)) ? digits : String(Date.parse(time));
}
