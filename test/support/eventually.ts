import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

/** Waits until `read` gives something that `holds`, and returns it; fails with the last one seen after `limitMs`. */
export async function eventually<T>(
  read: () => Promise<T> | T,
  holds: (value: T) => boolean,
  limitMs = 30_000,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() >= deadline)
      throw new Error(`Not so within ${limitMs} ms; last seen: ${JSON.stringify(value)}`);
    await delay(10);
  }
}
