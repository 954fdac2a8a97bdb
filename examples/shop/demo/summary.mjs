import { fileURLToPath } from 'node:url';
import { judgeEvidence } from '../../demo/evidence.mjs';
import {
  renderCount,
  renderEnd,
  renderLatency,
  renderOrders,
  renderRunTimes,
  renderTable,
} from '../../demo/render.mjs';

/**
 * What the demo has to show for itself: the last line of `--json`.
 *
 * @typedef {import('../../demo/evidence.mjs').Evidence & Own} Summary
 *
 * @typedef {object} Own
 * @property {number} carried
 * @property {number} failed
 * @property {{ t: string, kind: string, message: string }[]} failures the first ones
 * @property {Record<string, number>} releases answers by the release of the front that gave them
 * @property {import('../../demo/evidence.mjs').LatencyByPart} latency
 * @property {Billing | null} billing of the full demo
 *
 * @typedef {object} Billing
 * @property {boolean} contracted the JSON column is gone
 * @property {number} invoices
 * @property {number} lines
 * @property {number} unbilled orders without an invoice
 * @property {number} wrong invoices with another amount
 */

/** What is not as promised; empty when all is well. @param {Summary} summary */
export function findFaults(summary) {
  const { billing } = summary;
  return [
    summary.failed > 0 && `${summary.failed} requests failed`,
    ...judgeEvidence(summary, billing ? '1.4.0' : '1.2.0'),
    billing && !billing.contracted && 'the old shape is still there',
    billing && billing.unbilled > 0 && `${billing.unbilled} orders have no invoice`,
    billing && billing.wrong > 0 && `${billing.wrong} invoices have another amount`,
  ].filter((fault) => typeof fault === 'string');
}

/** @param {Summary} summary */
export function renderSummary(summary) {
  const fronts = Object.entries(summary.releases).map(([release, n]) => `${renderCount(n)} by the front of ${release}`);
  return [
    renderEnd(summary),
    '',
    `requests    ${renderCount(summary.carried)} carried, ${summary.failed} failed (${fronts.join(', ')})`,
    `orders      ${renderOrders(summary)}`,
    `schedulers  ${summary.schedulers} one after another, ${summary.schedulerOverlaps} overlaps`,
    ...(summary.billing ? renderBilling(summary.billing, summary.runs) : []),
    '',
    ...renderLatency(summary.latency),
    '',
    ...(summary.billing ? renderRuns(summary.runs) : summary.runs.flatMap(renderRun)),
  ].join('\n');
}

/** @param {import('../../demo/runs.mjs').Run} run */
function renderRun(run) {
  return [
    `${run.title} in ${run.seconds.toFixed(1)} s`,
    ...renderTable(run.steps.map(({ step, seconds }) => [`  ${step}`, `${seconds.toFixed(2)} s`])),
  ];
}

/** A line each, with the steps that took their time. @param {import('../../demo/runs.mjs').Run[]} runs */
function renderRuns(runs) {
  const times = renderRunTimes(runs);
  return runs.map(({ steps }, i) => {
    const long = steps.filter(({ seconds }) => seconds >= 1);
    return `${times[i]}  ${long.map(({ step, seconds }) => `${step} ${seconds.toFixed(1)}`).join(', ')}`.trimEnd();
  });
}

/** @param {Billing} billing @param {import('../../demo/runs.mjs').Run[]} runs */
function renderBilling({ invoices, lines, unbilled, wrong, contracted }, runs) {
  const run = runs.find(({ moved }) => moved.length > 0);
  const moved = run?.moved.map(
    ({ id, changed, seconds }) => `${id} ${renderCount(changed)} rows in ${seconds.toFixed(1)} s`,
  );
  return [
    `invoices    ${renderCount(invoices)} with ${renderCount(lines)} lines, ${unbilled} lost, ${wrong} with another amount`,
    `moved       ${moved?.join(', ') ?? 'nothing'}`,
    `old shape   ${contracted ? 'gone' : 'still there'}`,
    `totals      ${run?.compared.totals ?? 0} compared after each of ${run?.compared.phases ?? 0} phases`,
  ];
}

/** What to try while the shop is kept. @param {{ folder: string, databaseUrl: string, url: string, onward: { program: string } }} place */
export function renderGuide({ folder, databaseUrl, url, onward: { program } }) {
  const load = fileURLToPath(new URL('../load.mjs', import.meta.url));
  return `The shop stays until Ctrl-C. In another terminal:

  cd ${folder}
  export SHOP_DATABASE_URL=${databaseUrl}
  alias onward='node ${program}'

  curl ${url}/                  the shop
  node ${load} ${url}           load on it, until Ctrl-C
  onward status                 what serves now
  onward history                the runs and how they ended
  onward doctor                 what is, against what should be

Kill Onward in the middle of an upgrade, look, and run it again:

  onward upgrade --version 1.3.0 --yes & sleep 3; kill -9 $!
  onward status
  onward upgrade --yes`;
}
