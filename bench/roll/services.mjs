/**
 * Six services whose start takes 0.5, 1 or 2 seconds. The longest way through them is catalog, orders, billing: five seconds of the
 * seven and a half that all of them take.
 *
 * @type {Record<string, { startMs: number, after: readonly string[] }>}
 */
export const SERVICES = {
  accounts: { startMs: 1_000, after: [] },
  catalog: { startMs: 2_000, after: [] },
  search: { startMs: 500, after: ['catalog'] },
  orders: { startMs: 1_000, after: ['accounts', 'catalog'] },
  billing: { startMs: 2_000, after: ['orders'] },
  web: { startMs: 1_000, after: ['orders', 'search'] },
};

/**
 * The time in which all can serve at best, when each starts as soon as those before it serve.
 *
 * @param {Record<string, number>} startMs of each service, as measured
 */
export function criticalPathMs(startMs) {
  const endOf = (/** @type {string} */ name) =>
    (startMs[name] ?? 0) + Math.max(0, ...(SERVICES[name]?.after ?? []).map(endOf));
  return Math.max(...Object.keys(SERVICES).map(endOf));
}

/** How long each service took to start, as it says itself; refuses one that is not of this version. */
export async function measuredStarts(ports, version) {
  const entries = Object.entries(ports).map(async ([name, port]) => {
    const started = await (await fetch(`http://127.0.0.1:${port}/start`, { headers: { connection: 'close' } })).json();
    if (started.version !== version) throw new Error(`${name} serves ${started.version} instead of ${version}`);
    return [name, started.startMs];
  });
  return Object.fromEntries(await Promise.all(entries));
}
