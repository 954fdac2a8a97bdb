/**
 * Two services of two instances each, whose start takes a second; `web` starts once `api` serves. Two seconds are the longest way through them.
 *
 * @type {Record<string, { startMs: number, after: readonly string[] }>}
 */
export const SERVICES = {
  api: { startMs: 1_000, after: [] },
  web: { startMs: 1_000, after: ['api'] },
};

export const NAMES = Object.keys(SERVICES);
export const REPLICAS = 2;
/** Where a service listens in its container, and HAProxy for it in its own. @type {Record<string, number>} */
export const INNER_PORTS = { api: 8081, web: 8082 };
export const SERVICE_PORT = 8080;

/** The longest way, of the starts that were measured. @param {Record<string, number>} startMs */
export function criticalPathMs(startMs) {
  const endOf = (/** @type {string} */ name) =>
    (startMs[name] ?? 0) + Math.max(0, ...(SERVICES[name]?.after ?? []).map(endOf));
  return Math.max(...NAMES.map(endOf));
}
