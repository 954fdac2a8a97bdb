import type { System } from '../../system/index.ts';

/** A limit for a program. */
export interface TimeLimit {
  /** Aborted once the time is over. */
  readonly signal: AbortSignal;
  /** The program has ended: nothing is aborted any more. */
  end(): void;
}

export function startTimeLimit({ clock }: Pick<System, 'clock'>, limitMs: number): TimeLimit {
  const over = new AbortController();
  const ended = new AbortController();
  clock.sleep(limitMs, ended.signal).then(
    () => over.abort(new Error('Its time is over')),
    () => {},
  );
  return { signal: over.signal, end: () => ended.abort(new Error('It has ended')) };
}
