/** Lines of columns, all but the first to the right. @param {readonly (readonly string[])[]} rows @returns {string[]} */
export function renderTable(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (/** @type {string} */ cell, /** @type {number} */ column) =>
    column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart((widths[column] ?? 0) + 2);
  return rows.map((row) => row.map(pad).join(''));
}
