import { PostgresError } from '../../system/index.ts';
import type { CreateSignal, Reason, ThrottleContext } from './signal.ts';
import { SIGNALS } from './signals.ts';

/** Why the next batch has to wait, and which signal says so. */
export interface Hold extends Reason {
  readonly signal: string;
}

export interface Throttle {
  /** The first reason to wait; `undefined` only when every signal was asked and has none. */
  observe(): Promise<Hold | undefined>;
}

/** Asks one signal after the other. What cannot be told is a reason to wait; only a lost connection is thrown. */
export function createThrottle(context: ThrottleContext, members: readonly CreateSignal[] = SIGNALS): Throttle {
  const signals = members.map((create) => create(context));
  return {
    async observe() {
      for (const { name, observe } of signals) {
        const reason = await observe().catch((error: unknown) => {
          if (!(error instanceof PostgresError) || error.code.startsWith('08') || context.session.isLost) throw error;
          return { text: `an answer of the server about ${name} (${error.message})` };
        });
        if (reason) return { ...reason, signal: name };
      }
      return undefined;
    },
  };
}
