import { type ConnectionTarget, loadSqlParser, type Session, type System } from '../../system/index.ts';
import { loadStatistics, type Statistics, type StatisticsRow } from './load-statistics.ts';
import { choose } from './record-statements.ts';
import type { RecordedStatement } from './statements-file.ts';

/** How often the server had run each statement of a database when it was asked. */
export interface StatementCounters {
  /** When it began to count, as an opaque text that a reset changes; `undefined`: the extension is too old to tell. */
  readonly resetAt: string | undefined;
  /** How often it had forgotten statements to make room; `undefined` as above. */
  readonly evictions: number | undefined;
  /** `top`, `all` or `none`. */
  readonly track: string;
  /** Calls by role and statement. */
  readonly calls: { readonly [key: string]: number };
}

/** What was sent since counters were read. */
export interface StatementsSince {
  readonly statements: readonly RecordedStatement[];
  /** Statements that were sent and whose text may not be seen, or makes no sense. */
  readonly hidden: number;
  readonly unreadable: number;
}

/** Reads the counters as they are now. Throws `lint.cannot-record` when the server does not count statements. */
export async function observeCounters(session: Session, target: ConnectionTarget): Promise<StatementCounters> {
  return countersOf(await loadStatistics(session, target));
}

/**
 * The statements of all roles, superusers included, whose calls have grown since: those of Onward itself and of utility kinds are left out.
 * With the counters of now, by which the caller tells whether the two can be compared at all. Throws as above.
 */
export async function recordSince(
  system: System,
  target: ConnectionTarget,
  calls: StatementCounters['calls'],
): Promise<{ readonly counters: StatementCounters; readonly since: StatementsSince }> {
  const parser = await loadSqlParser();
  const session = await system.postgres.connect(target, { applicationName: 'onward record' });
  try {
    const statistics = await loadStatistics(session, target);
    const before = new Map(Object.entries(calls));
    const grown = mergeHidden(statistics.rows)
      .map((row) => ({ ...row, calls: row.calls - (before.get(row.key) ?? 0) }))
      .filter((row) => row.calls > 0);
    const roles = [...new Set(grown.map(({ role }) => role))];
    const { statements, unseen } = choose(parser, { rows: grown }, { roles });
    const { hidden, unreadable } = unseen;
    return { counters: countersOf(statistics), since: { statements, hidden, unreadable } };
  } finally {
    await session.close();
  }
}

/** Statements that may not be seen have no number: those of a role are one row. */
function mergeHidden(rows: readonly StatisticsRow[]): readonly StatisticsRow[] {
  const hidden = new Map<string, StatisticsRow>();
  for (const row of rows) {
    if (row.sql !== undefined) continue;
    hidden.set(row.key, { ...row, calls: row.calls + (hidden.get(row.key)?.calls ?? 0) });
  }
  return [...rows.filter(({ sql }) => sql !== undefined), ...hidden.values()];
}

function countersOf({ resetAt, evictions, track, rows }: Statistics): StatementCounters {
  const calls: Record<string, number> = {};
  for (const row of rows) calls[row.key] = (calls[row.key] ?? 0) + row.calls;
  return { resetAt, evictions, track, calls };
}
