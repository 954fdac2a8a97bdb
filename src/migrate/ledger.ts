import type { Digest, MigrationRef } from '../model/index.ts';
import { quoteLiteral } from '../sql/index.ts';
import type { Session } from '../system/index.ts';
import { isAbsent, readLedgerVersion } from './create-ledger.ts';
import type { LedgerRow, LedgerStatement } from './ledger-row.ts';
import { migrationId } from './migration-file.ts';

/** All that a database knows of its migrations. */
export interface Ledger {
  readonly rows: readonly LedgerRow[];
  /** Of files that are not finished. */
  readonly statements: readonly LedgerStatement[];
  /** The version that the schema was born at, by database name. */
  readonly baselines: ReadonlyMap<string, string>;
}

const LEDGER_QUERY = `
select pg_catalog.json_build_object(
  'rows', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'id', m.id, 'database', m.database, 'release', m.release, 'version', m.version, 'phase', m.phase, 'sequence', m.sequence,
      'name', m.name, 'path', m.path, 'checksum', m.checksum, 'fingerprint', m.fingerprint, 'transactional', m.transactional,
      'finishedAt', m.finished_at)), '[]') from onward.migration m),
  'statements', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
      'migration', s.migration, 'ordinal', s.ordinal, 'fingerprint', s.fingerprint, 'state', s.state) order by s.ordinal), '[]')
    from onward.migration_statement s where not exists (select from onward.migration m where m.id = s.migration)),
  'baselines', (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('database', b.database, 'version', b.version)), '[]')
    from onward.baseline b)
) as ledger`;

const EMPTY: Ledger = { rows: [], statements: [], baselines: new Map() };

/** Reads the ledger in one query and changes nothing; empty when there is none. Throws when it is of a newer Onward, or may not be read. */
export async function loadLedger(session: Session): Promise<Ledger> {
  if ((await readLedgerVersion(session)) === 0) return EMPTY;
  try {
    const { rows } = await session.query<{ ledger: RawLedger }>(LEDGER_QUERY);
    const raw = rows[0]?.ledger;
    if (!raw) return EMPTY;
    const baselines = new Map(raw.baselines.map(({ database, version }) => [database, version]));
    return { rows: raw.rows, statements: raw.statements, baselines };
  } catch (error) {
    if (isAbsent(error)) return EMPTY;
    throw error;
  }
}

interface RawLedger {
  readonly rows: readonly LedgerRow[];
  readonly statements: readonly LedgerStatement[];
  readonly baselines: readonly { readonly database: string; readonly version: string }[];
}

/** What is written beside a migration when it is done. */
export interface LedgerEntry {
  readonly file: MigrationRef;
  readonly release: string;
  readonly run: string;
  readonly epoch: number | undefined;
  readonly statements: number;
  readonly startedAt: Date;
  readonly locksWaited: number;
  readonly stalledSessions: number;
  readonly stalledMs: number;
  /** Who applied it; this Onward unless told. */
  readonly origin?: string;
  /** Now unless told. */
  readonly finishedAt?: Date;
}

/** The statement that records a migration, to be sent in the transaction that applied it. It depends on no setting of the session. */
export function renderLedgerInsert(entry: LedgerEntry): string {
  const { file } = entry;
  const values = [
    migrationId(file),
    file.database,
    entry.release,
    file.version,
    file.phase,
    file.sequence,
    file.name,
    file.path,
    file.checksum,
    file.fingerprint,
    entry.statements,
    file.transactional,
    entry.run,
    entry.epoch ?? null,
    entry.startedAt.toISOString(),
    entry.locksWaited,
    entry.stalledSessions,
    Math.round(entry.stalledMs),
    entry.origin ?? 'onward',
  ];
  const finishedAt = entry.finishedAt
    ? `${quoteLiteral(entry.finishedAt.toISOString())}::pg_catalog.timestamptz`
    : 'pg_catalog.clock_timestamp()';
  return (
    'insert into onward.migration (id, database, release, version, phase, sequence, name, path, checksum, fingerprint, statements, ' +
    'transactional, run, epoch, started_at, locks_waited, stalled_sessions, stalled_ms, origin, finished_at) ' +
    `values (${values.map((value) => quoteLiteral(value)).join(', ')}, ${finishedAt})`
  );
}

/** Adds to the record of a migration what the application felt of it. */
export function renderLedgerStalls(
  file: MigrationRef,
  { stalledSessions, stalledMs }: Pick<LedgerEntry, 'stalledSessions' | 'stalledMs'>,
): string {
  return (
    `update onward.migration set stalled_sessions = ${stalledSessions}, stalled_ms = ${Math.round(stalledMs)} ` +
    `where id = ${quoteLiteral(migrationId(file))}`
  );
}

/** What is known of a statement of a file without a transaction. */
export interface StatementMark {
  readonly migration: string;
  readonly ordinal: number;
  readonly line: number;
  readonly fingerprint: Digest;
  readonly run: string;
  readonly fence: { readonly deployment: string; readonly epoch: number } | undefined;
}

/** Before a statement. Touches no row when the fence has moved on. */
export function renderStatementIntent(mark: StatementMark): string {
  return renderMark(mark, 'intent');
}

/** After a statement, or in its transaction. Touches no row when the fence has moved on. */
export function renderStatementDone(mark: StatementMark): string {
  return renderMark(mark, 'done');
}

function renderMark(
  { migration, ordinal, line, fingerprint, run, fence }: StatementMark,
  state: 'intent' | 'done',
): string {
  const finishedAt = state === 'done' ? 'pg_catalog.clock_timestamp()' : 'null::timestamptz';
  const values = [migration, ordinal, line, fingerprint, state, run, fence?.epoch ?? null].map((value) =>
    quoteLiteral(value),
  );
  const from = fence
    ? ` from onward.fence where deployment = ${quoteLiteral(fence.deployment)} and epoch = ${fence.epoch} for share`
    : '';
  return (
    'insert into onward.migration_statement as s (migration, ordinal, line, fingerprint, state, run, epoch, finished_at) ' +
    `select ${values.join(', ')}, ${finishedAt}${from} on conflict (migration, ordinal) do update ` +
    'set state = excluded.state, run = excluded.run, epoch = excluded.epoch, finished_at = excluded.finished_at'
  );
}
