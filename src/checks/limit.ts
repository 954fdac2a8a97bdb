import type { System } from '../system/index.ts';

/**
 * Runs `work` and rejects when it takes longer than `limitMs`. What `work` gives to `own` is closed at the end, and also when it
 * comes after the limit; a close that does not end is not waited for.
 */
export async function withinLimit<T>(
  system: System,
  limitMs: number,
  work: (own: (close: () => Promise<void>) => void) => Promise<T>,
): Promise<T> {
  const limit = new AbortController();
  const closes: (() => Promise<void>)[] = [];
  const closeAll = () => {
    for (const close of closes.splice(0)) close().catch(() => {});
  };
  const own = (close: () => Promise<void>) => {
    closes.push(close);
    if (limit.signal.aborted) closeAll();
  };
  const late = system.clock.sleep(limitMs, limit.signal).then(
    () => Promise.reject(new Error(`No answer within ${limitMs} ms`)),
    () => new Promise<never>(() => {}),
  );
  const running = work(own);
  // When the limit wins, nobody listens to how the work ends.
  running.catch(() => {});
  try {
    return await Promise.race([running, late]);
  } finally {
    limit.abort(new Error('over'));
    closeAll();
  }
}
