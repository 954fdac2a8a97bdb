import type { Session } from '../system/index.ts';

/** How often the server had run each statement of a database, and by what it can be told that it still counts the same way. */
export interface Counters {
  readonly resetAt: string | undefined;
  readonly evictions: number | undefined;
  readonly track: string;
  readonly calls: { readonly [key: string]: number };
}

/** Counters as they were when a release was completed, or when observing began anew. */
export interface Baseline extends Omit<Counters, 'track'> {
  readonly release: string;
  /** ISO 8601, by the database's clock. */
  readonly takenAt: string;
}

const KEPT = 10;

/** Records the counters in the ledger of this database. Earlier ones that can be compared with nothing any more go. */
export async function recordBaseline(
  session: Session,
  {
    deployment,
    release,
    counters,
  }: { readonly deployment: string; readonly release: string; readonly counters: Counters },
): Promise<void> {
  const { resetAt = null, evictions = null, calls } = counters;
  await session.transaction(async () => {
    await session.query(
      `delete from onward.statement_baseline
       where deployment = $1 and (reset_at is distinct from $2 or evictions is distinct from $3
         or taken_at <= (select taken_at from onward.statement_baseline where deployment = $1
                         order by taken_at desc offset ${KEPT - 1} limit 1))`,
      [deployment, resetAt, evictions],
    );
    await session.query(
      `insert into onward.statement_baseline (deployment, release, reset_at, evictions, calls)
       values ($1, $2, $3, $4, $5::jsonb)`,
      [deployment, release, resetAt, evictions, JSON.stringify(calls)],
    );
  });
}

/** What is on record, the oldest first. Reading never makes the table. */
export async function loadBaselines(session: Session, deployment: string): Promise<readonly Baseline[]> {
  const { rows: tables } = await session.query<{ found: boolean }>(
    `select pg_catalog.to_regclass('onward.statement_baseline') is not null as found`,
  );
  if (tables[0]?.found !== true) return [];
  const { rows } = await session.query<{
    release: string;
    taken: string;
    reset: string | null;
    evictions: string | null;
    calls: Counters['calls'];
  }>(
    `select release, reset_at as reset, evictions, calls,
            pg_catalog.to_char(taken_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as taken
     from onward.statement_baseline where deployment = $1 order by taken_at`,
    [deployment],
  );
  return rows.map(({ release, taken, reset, evictions, calls }) => ({
    release,
    takenAt: taken,
    resetAt: reset ?? undefined,
    evictions: evictions === null ? undefined : Number(evictions),
    calls,
  }));
}

/** Why what the server counts now cannot be compared with a baseline, as a part of a sentence; `undefined`: it can. Pure. */
export function findIncomparable(baseline: Baseline, now: Counters): string | undefined {
  if (now.track === 'none') return 'the server counts no statements: pg_stat_statements.track is none';
  if (now.resetAt === undefined || now.evictions === undefined)
    return 'since when the server counts cannot be told: update the extension pg_stat_statements';
  if (now.resetAt !== baseline.resetAt) return 'the statistics were reset since';
  if (now.evictions !== baseline.evictions)
    return 'the server has made room by forgetting statements since: raise pg_stat_statements.max';
  const isShrunk = Object.entries(baseline.calls).some(([key, calls]) => (now.calls[key] ?? 0) < calls);
  return isShrunk ? 'the statistics of single statements were reset since' : undefined;
}
