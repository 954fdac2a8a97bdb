import { compareVersions, type Finding, isVersion, type MigrationRef } from '../../model/index.ts';
import {
  type ForeignLedger,
  hasColumns,
  type LedgerTable,
  type LedgerTool,
  quoteTable,
  textOf,
} from './ledger-tool.ts';

const MARKER = '_schema_baseline';
const TIME = ['timestamp with time zone'];

/**
 * FrameWorks' `_migrations`: a row per file, by version, phase and number, with the SHA-256 of its bytes. The first of its releases had no
 * phase yet. `_schema_baseline` beside it says that the database was made from a dump that holds everything below a version.
 */
export const frameworks: LedgerTool = {
  name: 'frameworks',
  title: 'FrameWorks',
  tables: ['_migrations', MARKER],
  lock: `l.objsubid = 2 and l.classid::bigint = pg_catalog.hashtext('frameworks_migrations')::bigint & 4294967295
    and l.objid::bigint = pg_catalog.hashtext(pg_catalog.current_database())::bigint & 4294967295`,
  fits: (table) =>
    isMarker(table)
      ? !table.beside.includes('_migrations')
      : hasColumns(
          table,
          { version: ['text'], seq: ['integer'], filename: ['text'], checksum: ['text'], applied_at: TIME },
          ['phase', 'transactional'],
        ),
  query: (table) => {
    const rows = `select pg_catalog.to_jsonb(t) as line, t.applied_at from ${quoteTable(table)} t`;
    if (isMarker(table) || !table.beside.includes(MARKER))
      return `select line from (${rows}) as found order by applied_at`;
    const floors = `select pg_catalog.to_jsonb(b), b.applied_at from ${quoteTable({ ...table, name: MARKER })} b`;
    return `select line from (${rows} union all ${floors}) as found order by applied_at, line ->> 'version', (line ->> 'seq')::integer`;
  },
  accepts: (lines) => lines.every((line) => 'floor' in line || isVersion(plain(textOf(line, 'version')))),
  read: (lines) => ({
    entries: lines
      .filter((line) => !('floor' in line))
      .map((line) => {
        const phase = textOf(line, 'phase') || 'expand';
        return {
          key: keyOf(plain(textOf(line, 'version')), phase, textOf(line, 'seq')),
          label: [textOf(line, 'version'), phase, textOf(line, 'filename')].join('/'),
          checksum: textOf(line, 'checksum'),
          appliedAt: textOf(line, 'applied_at'),
          line,
        };
      }),
    ...readFloor(lines.filter((line) => 'floor' in line).map((line) => textOf(line, 'floor'))),
  }),
  keyOf: ({ path, version, phase, sequence }) =>
    path.includes('/') ? keyOf(version, phase, String(sequence)) : undefined,
  checksumsOf: ({ sha256 }) => [sha256],
};

function isMarker(table: LedgerTable): boolean {
  return hasColumns(table, { floor: ['text'], applied_at: TIME });
}

function readFloor(floors: readonly string[]): Pick<ForeignLedger, 'bornWith' | 'findings'> {
  const [floor, ...others] = [...new Set(floors)];
  if (floor === undefined) return { findings: [] };
  if (others.length > 0 || !isVersion(plain(floor))) return { findings: [unusableFloor(floors)] };
  // What stands at the floor itself is applied and recorded one by one.
  const includes = ({ version }: MigrationRef) => version !== '' && compareVersions(version, plain(floor)) < 0;
  return { bornWith: { label: `everything below ${floor}`, includes }, findings: [] };
}

function unusableFloor(floors: readonly string[]): Finding {
  return {
    code: 'adopt.unusable-baseline',
    severity: 'error',
    message: `${MARKER} says ${floors.map((floor) => `"${floor}"`).join(' and ')}, which is not one version: what the database was made from was never verified`,
    hint: 'Let FrameWorks finish its own verification of the baseline, then run the same command again.',
  };
}

function keyOf(version: string, phase: string, sequence: string): string {
  return `${version}/${phase}/${sequence}`;
}

function plain(version: string): string {
  return version.replace(/^v/, '');
}
