import { judgeEvidence } from '../../demo/evidence.mjs';
import { renderCount, renderEnd, renderOrders, renderRunTimes } from '../../demo/render.mjs';

/**
 * What the demo has to show for itself: the last line of `--json`.
 *
 * @typedef {import('../../demo/evidence.mjs').Evidence & Own} Summary
 *
 * @typedef {object} Own
 * @property {readonly Region[]} regions
 * @property {readonly string[]} disturbed units that were touched although a release does not change them
 * @property {readonly string[]} notBack units that are not what they were before the broken release
 * @property {readonly string[]} units that run at the end, such as `us-1 worker.service`
 *
 * @typedef {{ region: string, carried: number, failed: number, failures: readonly { message: string }[] }} Region
 */

/** What is not as promised; empty when all is well. @param {Summary} summary @returns {string[]} */
export function findFaults(summary) {
  return [
    ...summary.regions.map(({ region, failed }) => failed > 0 && `${failed} requests to ${region} failed`),
    ...summary.regions.map(({ region, carried }) => carried === 0 && `there were no requests to ${region}`),
    summary.disturbed.length > 0 && `${summary.disturbed.join(', ')} should not have been touched`,
    summary.notBack.length > 0 && `${summary.notBack.join(', ')} did not come back`,
    ...judgeEvidence(summary),
  ].filter((fault) => typeof fault === 'string');
}

/** @param {Summary} summary */
export function renderSummary(summary) {
  const { regions, disturbed, notBack } = summary;
  return [
    renderEnd(summary),
    '',
    ...regions.map(
      ({ region, carried, failed }) => `${region.padEnd(10)}  ${renderCount(carried)} requests, ${failed} failed`,
    ),
    `orders      ${renderOrders(summary)}`,
    `carried     ${disturbed.length === 0 ? 'what a release did not change was not restarted' : `restarted: ${disturbed.join(', ')}`}`,
    `rolled back ${notBack.length === 0 ? 'every host runs what it ran before' : `not: ${notBack.join(', ')}`}`,
    '',
    ...summary.units,
    '',
    ...renderRunTimes(summary.runs),
  ].join('\n');
}
