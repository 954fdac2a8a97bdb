import type { Signal, ThrottleContext } from './signal.ts';

/** The rows in a second that the operator allows. */
export function createRateSignal({ rate, pacing }: ThrottleContext): Signal {
  return {
    name: 'the rows in a second of onward.yaml',
    async observe() {
      const waitMs = rate.waitMs();
      if (waitMs <= 0) return undefined;
      return { text: `${pacing.rowsPerSecond} rows a second`, lookAgainMs: Math.ceil(waitMs), isQuiet: true };
    },
  };
}
