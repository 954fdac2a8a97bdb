import type { Signal, ThrottleContext } from './signal.ts';

const LIMIT_MS = 5_000;

/** The query of the release, where it has one. It can write nothing; anything but one number is no answer. */
export function createVendorQuerySignal({ session, declared: { throttle } }: ThrottleContext): Signal {
  return {
    name: "the release's throttle query",
    async observe() {
      if (!throttle) return undefined;
      const { query, below } = throttle;
      const { rows, columns } = await session.transaction(async () => {
        await session.query(
          `set transaction read only; set local statement_timeout = ${LIMIT_MS}; set local lock_timeout = ${LIMIT_MS}`,
        );
        // With values, even with none, it is sent as one statement: a second one is refused.
        return session.query(query, []);
      });
      const value = rows.length === 1 && columns.length === 1 ? readNumber(Object.values(rows[0] ?? {})[0]) : undefined;
      if (value === undefined) return { text: "one number from the release's throttle query" };
      if (value < below) return undefined;
      return { text: `the release's throttle query to fall below ${below}; it gives ${value}` };
    },
  };
}

function readNumber(value: unknown): number | undefined {
  if (typeof value !== 'number' && (typeof value !== 'string' || value.trim() === '')) return undefined;
  return Number.isFinite(Number(value)) ? Number(value) : undefined;
}
