import { fileURLToPath } from 'node:url';

/**
 * What the demo has to show for itself: the last line of `--json`.
 *
 * @typedef {object} Summary
 * @property {number} carried
 * @property {number} failed
 * @property {number} acknowledgedOrders
 * @property {number} lostWrites
 * @property {number} doubledWrites
 * @property {number} schedulers
 * @property {number} schedulerOverlaps
 * @property {string} release
 * @property {string | null} rolledBack
 * @property {{ t: string, kind: string, message: string }[]} failures the first ones
 * @property {Record<string, number>} releases answers by the release of the front that gave them
 * @property {Record<string, { requests: number, p50: number, p99: number, max: number }>} latency in milliseconds, by part of the demo
 * @property {import('./steps.mjs').Run[]} runs
 * @property {Billing | null} billing of the full demo
 *
 * @typedef {object} Billing
 * @property {number | null} exit
 * @property {boolean} contracted the JSON column is gone
 * @property {number} invoices
 * @property {number} lines
 * @property {number} unbilled orders without an invoice
 * @property {number} wrong invoices with another amount
 */

/** What is not as promised; empty when all is well. @param {Summary} summary */
export function findFaults(summary) {
  const { billing } = summary;
  const target = billing ? '1.4.0' : '1.2.0';
  return [
    summary.failed > 0 && `${summary.failed} requests failed`,
    summary.lostWrites > 0 && `${summary.lostWrites} acknowledged orders are not there`,
    summary.doubledWrites > 0 && `${summary.doubledWrites} orders were stored twice`,
    summary.schedulerOverlaps > 0 && 'two schedulers ran at once',
    summary.release !== target && `the shop is on ${summary.release}, not on ${target}`,
    summary.rolledBack !== '1.3.0' && '1.3.0 was not rolled back',
    billing && !billing.contracted && 'the old shape is still there',
    billing && billing.unbilled > 0 && `${billing.unbilled} orders have no invoice`,
    billing && billing.wrong > 0 && `${billing.wrong} invoices have another amount`,
  ].filter((fault) => typeof fault === 'string');
}

/** @param {Summary} summary */
export function renderSummary(summary) {
  const count = (/** @type {number} */ n) => n.toLocaleString('en');
  const fronts = Object.entries(summary.releases).map(([release, n]) => `${count(n)} by the front of ${release}`);
  const latency = Object.entries(summary.latency).map(([mark, l]) => [mark, count(l.requests), l.p50, l.p99, l.max]);
  return [
    `The shop is on ${summary.release}.${summary.rolledBack ? ` ${summary.rolledBack} was tried and rolled back.` : ''}`,
    '',
    `requests    ${count(summary.carried)} carried, ${summary.failed} failed (${fronts.join(', ')})`,
    `orders      ${count(summary.acknowledgedOrders)} acknowledged, ${summary.lostWrites} lost, ${summary.doubledWrites} doubled`,
    `schedulers  ${summary.schedulers} one after another, ${summary.schedulerOverlaps} overlaps`,
    ...(summary.billing ? renderBilling(summary.billing, summary.runs.at(-1)) : []),
    '',
    ...table([['', 'requests', 'p50 ms', 'p99 ms', 'max ms'], ...latency]),
    '',
    ...(summary.billing ? renderRuns(summary.runs) : summary.runs.flatMap(renderRun)),
  ].join('\n');
}

/** @param {import('./steps.mjs').Run} run */
function renderRun(run) {
  return [
    `${run.from} -> ${run.to} in ${run.seconds.toFixed(1)} s`,
    ...table(run.steps.map(({ step, seconds }) => [`  ${step}`, `${seconds.toFixed(2)} s`])),
  ];
}

/** A line each, with the steps that took their time. @param {import('./steps.mjs').Run[]} runs */
function renderRuns(runs) {
  const times = table(runs.map((run) => [`${run.from} -> ${run.to}`, `${run.seconds.toFixed(1)} s`]));
  return runs.map(({ steps }, i) => {
    const long = steps.filter(({ seconds }) => seconds >= 1);
    return `${times[i]}  ${long.map(({ step, seconds }) => `${step} ${seconds.toFixed(1)}`).join(', ')}`.trimEnd();
  });
}

/** @param {Billing} billing @param {import('./steps.mjs').Run | undefined} run */
function renderBilling({ invoices, lines, unbilled, wrong }, run) {
  const count = (/** @type {number} */ n) => n.toLocaleString('en');
  const moved = run?.moved.map(({ id, changed, seconds }) => `${id} ${count(changed)} rows in ${seconds.toFixed(1)} s`);
  return [
    `invoices    ${count(invoices)} with ${count(lines)} lines, ${unbilled} lost, ${wrong} with another amount`,
    `moved       ${moved?.join(', ')}`,
    `totals      ${run?.compared.totals} compared after each of ${run?.compared.phases} phases, all as they must be`,
  ];
}

/** What to try while the shop is kept. @param {{ folder: string, databaseUrl: string, url: string, program: string }} place */
export function renderGuide({ folder, databaseUrl, url, program }) {
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

function table(rows) {
  const cells = rows.map((row) => row.map(String));
  const widths = cells[0]?.map((_, i) => Math.max(...cells.map((row) => row[i].length))) ?? [];
  return cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i] + 2))).join(''),
  );
}
