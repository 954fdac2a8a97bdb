import { judgeEvidence } from '../../demo/evidence.mjs';
import { renderCount, renderEnd, renderLatency, renderOrders, renderRunTimes } from '../../demo/render.mjs';

/**
 * What the demo has to show for itself: the last line of `--json`.
 *
 * @typedef {import('../../demo/evidence.mjs').Evidence & Own} Summary
 *
 * @typedef {object} Own
 * @property {{ carried: number, failed: number, failures: readonly { t: string, kind: string, message: string }[] }} outside
 * @property {{ carried: number, failed: number, reasons: readonly string[] }} inside
 * @property {readonly string[]} disturbed services whose containers were touched although nothing of them is in a release
 * @property {boolean} isLeftAlone a plain `docker compose up -d` afterwards changed nothing
 * @property {Record<string, { release: string, replicas: number }>} override what compose.override.yaml says of each service
 * @property {import('../../demo/evidence.mjs').LatencyByPart} latency
 */

/** What is not as promised; empty when all is well. @param {Summary} summary @returns {string[]} */
export function findFaults(summary) {
  return [
    summary.outside.failed > 0 &&
      `${summary.outside.failed} requests from outside failed${renderFirst(summary.outside.failures[0]?.message)}`,
    summary.inside.failed > 0 &&
      `${summary.inside.failed} requests between services failed${renderFirst(summary.inside.reasons[0])}`,
    summary.inside.carried === 0 && 'there were no requests between services',
    summary.disturbed.length > 0 && `${summary.disturbed.join(', ')} should not have been touched`,
    !summary.isLeftAlone && '"docker compose up -d" changed something',
    ...judgeEvidence(summary),
  ].filter((fault) => typeof fault === 'string');
}

/** @param {string | undefined} reason */
function renderFirst(reason) {
  return reason === undefined ? '' : `, the first one: ${reason}`;
}

/** @param {Summary} summary */
export function renderSummary(summary) {
  const { outside, inside, disturbed } = summary;
  return [
    renderEnd(summary),
    '',
    `from outside      ${renderCount(outside.carried)} requests, ${outside.failed} failed`,
    `between services  ${renderCount(inside.carried)} requests, ${inside.failed} failed`,
    `orders            ${renderOrders(summary)}`,
    `not touched       ${disturbed.length === 0 ? 'the database, HAProxy, and what each release carries' : `all but ${disturbed.join(', ')}`}`,
    `compose up -d     ${summary.isLeftAlone ? 'changed nothing' : 'changed something'}`,
    '',
    ...renderLatency(summary.latency, 'from outside'),
    '',
    ...renderRunTimes(summary.runs),
  ].join('\n');
}

/** What to try while the shop is kept. @param {{ directory: string, url: string, onward: { program: string } }} place */
export function renderGuide({ directory, url, onward: { program } }) {
  return `The shop stays until Ctrl-C. In another terminal:

  cd ${directory}
  alias onward='node ${program}'

  curl ${url}/     the shop
  docker compose ps
  onward status                 what serves now
  onward history                the runs and how they ended`;
}
