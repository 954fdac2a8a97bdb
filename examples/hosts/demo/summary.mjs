/**
 * What the demo has to show for itself: the last line of `--json`.
 *
 * @typedef {object} Summary
 * @property {string} release
 * @property {string | null} rolledBack
 * @property {readonly Region[]} regions
 * @property {number} acknowledgedOrders
 * @property {number} lostWrites
 * @property {number} doubledWrites
 * @property {number} schedulerOverlaps
 * @property {readonly string[]} disturbed units that were touched although a release does not change them
 * @property {readonly string[]} notBack units that are not what they were before the broken release
 * @property {readonly string[]} units that run at the end, such as `us-1 worker.service`
 * @property {readonly { title: string, seconds: number }[]} runs
 *
 * @typedef {{ region: string, carried: number, failed: number, failures: readonly { message: string }[] }} Region
 */

/** What is not as promised; empty when all is well. @param {Summary} summary @returns {string[]} */
export function findFaults(summary) {
  return [
    ...summary.regions.map(({ region, failed }) => failed > 0 && `${failed} requests to ${region} failed`),
    ...summary.regions.map(({ region, carried }) => carried === 0 && `there were no requests to ${region}`),
    summary.lostWrites > 0 && `${summary.lostWrites} acknowledged orders are not there`,
    summary.doubledWrites > 0 && `${summary.doubledWrites} orders were stored twice`,
    summary.schedulerOverlaps > 0 && 'two schedulers ran at once',
    summary.disturbed.length > 0 && `${summary.disturbed.join(', ')} should not have been touched`,
    summary.notBack.length > 0 && `${summary.notBack.join(', ')} did not come back`,
    summary.release !== '1.2.0' && `the shop is on ${summary.release}, not on 1.2.0`,
    summary.rolledBack !== '1.3.0' && '1.3.0 was not rolled back',
  ].filter((fault) => typeof fault === 'string');
}

/** @param {Summary} summary */
export function renderSummary(summary) {
  const count = (/** @type {number} */ n) => n.toLocaleString('en');
  const { regions, runs, units } = summary;
  return [
    `The shop is on ${summary.release}.${summary.rolledBack ? ` ${summary.rolledBack} was tried and rolled back.` : ''}`,
    '',
    ...regions.map(
      ({ region, carried, failed }) => `${region.padEnd(10)}  ${count(carried)} requests, ${failed} failed`,
    ),
    `orders      ${count(summary.acknowledgedOrders)} acknowledged, ${summary.lostWrites} lost, ${summary.doubledWrites} doubled`,
    `carried     ${summary.disturbed.length === 0 ? 'what a release did not change was not restarted' : `restarted: ${summary.disturbed.join(', ')}`}`,
    `rolled back ${summary.notBack.length === 0 ? 'every host runs what it ran before' : `not: ${summary.notBack.join(', ')}`}`,
    '',
    ...units,
    '',
    ...runs.map(({ title, seconds }) => `${title.padEnd(16)}  ${seconds.toFixed(1)} s`),
  ].join('\n');
}
