import { renderTable } from './table.mjs';

/**
 * What the demo has to show for itself: the last line of `--json`.
 *
 * @typedef {object} Summary
 * @property {string} release
 * @property {string | null} rolledBack
 * @property {{ carried: number, failed: number, failures: readonly { t: string, kind: string, message: string }[] }} outside
 * @property {{ carried: number, failed: number, reasons: readonly string[] }} inside
 * @property {number} acknowledgedOrders
 * @property {number} lostWrites
 * @property {number} doubledWrites
 * @property {number} schedulerOverlaps
 * @property {readonly string[]} disturbed services whose containers were touched although nothing of them is in a release
 * @property {boolean} isLeftAlone a plain `docker compose up -d` afterwards changed nothing
 * @property {Record<string, { release: string, replicas: number }>} override what compose.override.yaml says of each service
 * @property {Record<string, { requests: number, p50: number, p99: number, max: number }>} latency in milliseconds, by part of the demo
 * @property {readonly { title: string, seconds: number }[]} runs
 */

/** What is not as promised; empty when all is well. @param {Summary} summary @returns {string[]} */
export function findFaults(summary) {
  return [
    summary.outside.failed > 0 && `${summary.outside.failed} requests from outside failed`,
    summary.inside.failed > 0 && `${summary.inside.failed} requests between services failed`,
    summary.inside.carried === 0 && 'there were no requests between services',
    summary.lostWrites > 0 && `${summary.lostWrites} acknowledged orders are not there`,
    summary.doubledWrites > 0 && `${summary.doubledWrites} orders were stored twice`,
    summary.schedulerOverlaps > 0 && 'two schedulers ran at once',
    summary.disturbed.length > 0 && `${summary.disturbed.join(', ')} should not have been touched`,
    !summary.isLeftAlone && '"docker compose up -d" changed something',
    summary.release !== '1.2.0' && `the shop is on ${summary.release}, not on 1.2.0`,
    summary.rolledBack !== '1.3.0' && '1.3.0 was not rolled back',
  ].filter((fault) => typeof fault === 'string');
}

/** @param {Summary} summary */
export function renderSummary(summary) {
  const count = (/** @type {number} */ n) => n.toLocaleString('en');
  const { outside, inside } = summary;
  return [
    `The shop is on ${summary.release}.${summary.rolledBack ? ` ${summary.rolledBack} was tried and rolled back.` : ''}`,
    '',
    `from outside      ${count(outside.carried)} requests, ${outside.failed} failed`,
    `between services  ${count(inside.carried)} requests, ${inside.failed} failed`,
    `orders            ${count(summary.acknowledgedOrders)} acknowledged, ${summary.lostWrites} lost, ${summary.doubledWrites} doubled`,
    `not touched       ${summary.disturbed.length === 0 ? 'the database, HAProxy, and what each release carries' : `all but ${summary.disturbed.join(', ')}`}`,
    `compose up -d     ${summary.isLeftAlone ? 'changed nothing' : 'changed something'}`,
    '',
    ...renderTable([
      ['from outside', 'requests', 'p50 ms', 'p99 ms', 'max ms'],
      ...Object.entries(summary.latency).map(([mark, { requests, p50, p99, max }]) =>
        [mark, count(requests), p50, p99, max].map(String),
      ),
    ]),
    '',
    ...renderTable(summary.runs.map(({ title, seconds }) => [title, `${seconds.toFixed(1)} s`])),
  ].join('\n');
}
