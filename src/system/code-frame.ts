/** A place in a text; line and column count from 1, the column in characters. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

const LINES_AROUND = 2;
const WIDEST_LINE = 160;

/** Offset in a JavaScript string to line and column. Build it once per text: each answer is a binary search. */
export function createLocator(text: string): (offset: number) => TextPlace {
  const starts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: [...text.slice(starts[low], offset)].length + 1 };
  };
}

/**
 * The lines around a place, numbered, with the place itself marked:
 *
 *       3 | alter table orders
 *     > 4 |   add colum total numeric;
 *         |             ^
 *       5 | select 1;
 */
export function renderCodeFrame(text: string, place: TextPlace): string {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const first = Math.max(1, place.line - LINES_AROUND);
  const last = Math.min(lines.length, place.line + LINES_AROUND);
  const width = String(last).length;
  const rendered: string[] = [];
  for (let number = first; number <= last; number += 1) {
    const isMarked = number === place.line;
    const line = [...(lines[number - 1] ?? '')];
    // A very long line is shown from shortly before the place.
    const from = isMarked && line.length > WIDEST_LINE ? Math.max(0, place.column - 1 - WIDEST_LINE / 2) : 0;
    const shown = line.slice(from, from + WIDEST_LINE);
    rendered.push(`${isMarked ? '>' : ' '} ${String(number).padStart(width)} | ${shown.join('')}`.trimEnd());
    if (!isMarked) continue;
    const indent = shown.slice(0, place.column - 1 - from).map((character) => (character === '\t' ? '\t' : ' '));
    rendered.push(`  ${' '.repeat(width)} | ${indent.join('')}^`);
  }
  return rendered.join('\n');
}
