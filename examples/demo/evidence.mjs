import { countShifts, countWrites } from '../shop/load.mjs';
import { readRuns } from './runs.mjs';

const ROLLED_BACK = 3;

/**
 * What every demo has to show, whatever runs the services.
 *
 * @typedef {object} Evidence
 * @property {string} release that serves
 * @property {string | null} rolledBack
 * @property {number} acknowledgedOrders
 * @property {number} lostWrites
 * @property {number} doubledWrites
 * @property {number} schedulers one after another
 * @property {number} schedulerOverlaps
 * @property {import('./runs.mjs').Run[]} runs
 *
 * @typedef {Record<string, { requests: number, p50: number, p99: number, max: number }>} LatencyByPart in milliseconds
 */

/**
 * @param {object} played
 * @param {ReturnType<typeof import('./onward.mjs').createOnward>} played.onward
 * @param {string} played.databaseUrl
 * @param {{ exit: number | null }} played.attempt the upgrade to 1.3.0
 * @param {readonly string[]} played.acknowledgedIds of orders
 * @returns {Promise<Evidence>}
 */
export async function collectEvidence({ onward, databaseUrl, attempt, acknowledgedIds }) {
  const writes = await countWrites(databaseUrl, acknowledgedIds);
  const { shifts, overlaps } = await countShifts(databaseUrl);
  const { release } = JSON.parse(await onward.must('status --json'));
  return {
    release,
    rolledBack: attempt.exit === ROLLED_BACK ? '1.3.0' : null,
    acknowledgedOrders: acknowledgedIds.length,
    lostWrites: writes.lost,
    doubledWrites: writes.doubled,
    schedulers: shifts,
    schedulerOverlaps: overlaps,
    runs: await readRuns(onward.directory),
  };
}

/** What is not as promised; empty when all is well. @param {Evidence} evidence @param {string} [target] @returns {(string | false)[]} */
export function judgeEvidence(evidence, target = '1.2.0') {
  return [
    evidence.lostWrites > 0 && `${evidence.lostWrites} acknowledged orders are not there`,
    evidence.doubledWrites > 0 && `${evidence.doubledWrites} orders were stored twice`,
    evidence.schedulerOverlaps > 0 && 'two schedulers ran at once',
    evidence.release !== target && `the shop is on ${evidence.release}, not on ${target}`,
    evidence.rolledBack !== '1.3.0' && '1.3.0 was not rolled back',
  ];
}
