/** @typedef {import('./evidence.mjs').Evidence} Evidence */

/** @param {Evidence} evidence */
export function renderEnd({ release, rolledBack }) {
  return `The shop is on ${release}.${rolledBack ? ` ${rolledBack} was tried and rolled back.` : ''}`;
}

/** @param {Evidence} evidence */
export function renderOrders({ acknowledgedOrders, lostWrites, doubledWrites }) {
  return `${renderCount(acknowledgedOrders)} acknowledged, ${lostWrites} lost, ${doubledWrites} doubled`;
}

/** @param {import('./evidence.mjs').LatencyByPart} latency @param {string} title @returns {string[]} */
export function renderLatency(latency, title = '') {
  const rows = Object.entries(latency).map(([part, l]) => [part, renderCount(l.requests), l.p50, l.p99, l.max]);
  return renderTable([[title, 'requests', 'p50 ms', 'p99 ms', 'max ms'], ...rows]);
}

/** A line for each run. @param {Evidence['runs']} runs @returns {string[]} */
export function renderRunTimes(runs) {
  return renderTable(runs.map(({ title, seconds }) => [title, `${seconds.toFixed(1)} s`]));
}

/** @param {number} n */
export function renderCount(n) {
  return n.toLocaleString('en');
}

/** Lines of columns, all but the first to the right. @param {readonly (readonly (string | number)[])[]} rows @returns {string[]} */
export function renderTable(rows) {
  const cells = rows.map((row) => row.map(String));
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart((widths[i] ?? 0) + 2))).join(''),
  );
}
