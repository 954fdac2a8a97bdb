/** What the application felt of one attempt. */
export interface Stalls {
  /** Sessions that were seen waiting for ours. */
  readonly sessions: number;
  /** The sum of the longest wait seen of each. */
  readonly totalMs: number;
  readonly longestMs: number;
}

/** One wait that was seen. `key`: the process id, a space, and what tells its waits from each other. */
export interface Waiter {
  readonly key: string;
  /** For how long so far; `null` when the server does not say since when: before version 14, and for a moment afterwards. */
  readonly ms: number | null;
}

export interface Waits {
  /** Remembers a look; gives how long the longest of these waits has been seen to last, 0 without any. */
  note(waiters: readonly Waiter[], nowMs: number): number;
  stalls(): Stalls;
}

/** Adds up who waits, and for how long, from one look to the next. */
export function createWaits(): Waits {
  const waits = new Map<string, { firstSeenMs: number; longestMs: number }>();
  return {
    note(waiters, nowMs) {
      let longestMs = 0;
      for (const { key, ms } of waiters) {
        const known = waits.get(key) ?? { firstSeenMs: nowMs, longestMs: 0 };
        known.longestMs = Math.max(known.longestMs, ms ?? nowMs - known.firstSeenMs);
        waits.set(key, known);
        longestMs = Math.max(longestMs, known.longestMs);
      }
      return longestMs;
    },
    stalls() {
      const longest = [...waits.values()].map((wait) => wait.longestMs);
      return {
        sessions: new Set([...waits.keys()].map((key) => key.split(' ')[0])).size,
        totalMs: longest.reduce((sum, ms) => sum + ms, 0),
        longestMs: Math.max(0, ...longest),
      };
    },
  };
}
