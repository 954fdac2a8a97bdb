import { chooseTotalQuery, OnwardError, type Total, type TotalMoment } from '../../model/index.ts';
import { type ConnectionTarget, PostgresError, type System } from '../../system/index.ts';
import { readTotal, type TotalRows } from './read-total.ts';

/** What a total was when it was looked at; kept in the journal. */
export interface TotalObservation extends TotalRows {
  readonly name: string;
  readonly durationMs: number;
  /** Why it could not be read, in one sentence without its full stop; then there are no rows. */
  readonly problem?: string;
}

const PATIENCE_MS = 10_000;
const PAUSE_MS = 500;

/**
 * Reads each total once, one after the other. One that cannot be read is an observation, never an error; only a server that is away is
 * asked again, for ten seconds. Changes nothing. Throws the reason of the signal between two totals.
 */
export async function observeTotals(
  system: System,
  request: {
    readonly totals: readonly Total[];
    readonly moment: TotalMoment;
    readonly databases: ReadonlyMap<string, ConnectionTarget>;
    readonly signal?: AbortSignal;
  },
): Promise<readonly TotalObservation[]> {
  const { totals, moment, databases, signal } = request;
  const observed: TotalObservation[] = [];
  for (const total of totals) {
    signal?.throwIfAborted();
    const startedAt = system.clock.monotonicMs();
    const read = await observeTotal(system, total, {
      target: databases.get(total.database),
      query: chooseTotalQuery(total, moment),
      ...(signal ? { signal } : {}),
    });
    observed.push({ name: total.name, ...read, durationMs: Math.round(system.clock.monotonicMs() - startedAt) });
  }
  return observed;
}

async function observeTotal(
  system: System,
  total: Total,
  from: { readonly target: ConnectionTarget | undefined; readonly query: string; readonly signal?: AbortSignal },
): Promise<TotalRows & { readonly problem?: string }> {
  const { target, query, signal } = from;
  if (!target) return unread(`there is no database ${total.database} in the deployment`);
  const until = system.clock.monotonicMs() + PATIENCE_MS;
  for (;;) {
    try {
      return await readTotal(system, total, { target, query });
    } catch (error) {
      if (!isAway(error) || system.clock.monotonicMs() > until)
        return unread(system.redaction.apply(describeError(error, total)));
      await system.clock.sleep(PAUSE_MS, signal);
    }
  }
}

function unread(problem: string): TotalRows & { readonly problem: string } {
  return { columns: [], rows: [], problem };
}

/** The server, or the way to it, was away: that says nothing about the total. */
function isAway(error: unknown): boolean {
  if (error instanceof OnwardError) return error.code === 'postgres.unreachable';
  return error instanceof PostgresError && /^(08|57P)/.test(error.code);
}

function describeError(error: unknown, total: Total): string {
  // 57014: the server has ended it at its limit.
  if (error instanceof PostgresError && error.code === '57014') return `it took longer than ${total.timeoutMs} ms`;
  const { message } = error as Error;
  return `it cannot be read: ${message.replace(/\.$/, '')}`;
}
