/** Lines of context around a change. */
const CONTEXT = 3;
/** Beyond so many lines between the common beginning and the common end, they are shown as a whole. */
const LONGEST = 2_000;

interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly text: string;
}

/** A unified diff of two texts under one name; empty when they are the same. `context` 0 shows the changed lines alone. */
export function renderDiff(
  name: string,
  { before, after }: { readonly before: string; readonly after: string },
  context = CONTEXT,
): string {
  if (before === after) return '';
  const lines = compareLines(splitLines(before), splitLines(after));
  const hunks = chooseHunks(lines, context).map((range) => renderHunk(lines, range));
  return `--- ${name}\n+++ ${name}, migrated\n${hunks.join('')}`;
}

function splitLines(text: string): readonly string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

/** The lines of both in one list, by their longest common subsequence. */
function compareLines(before: readonly string[], after: readonly string[]): readonly Line[] {
  const shortest = Math.min(before.length, after.length);
  let head = 0;
  while (head < shortest && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shortest - head && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  const same = (texts: readonly string[]): readonly Line[] => texts.map((text) => ({ mark: ' ', text }));
  return [
    ...same(before.slice(0, head)),
    ...compareMiddle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...same(before.slice(before.length - tail)),
  ];
}

function compareMiddle(before: readonly string[], after: readonly string[]): readonly Line[] {
  const gone = (text: string): Line => ({ mark: '-', text });
  const come = (text: string): Line => ({ mark: '+', text });
  if (Math.max(before.length, after.length) > LONGEST) return [...before.map(gone), ...after.map(come)];
  const rows = before.length + 1;
  const columns = after.length + 1;
  const lengths = new Uint16Array(rows * columns);
  const at = (row: number, column: number) => lengths[row * columns + column] ?? 0;
  for (let row = before.length - 1; row >= 0; row -= 1) {
    for (let column = after.length - 1; column >= 0; column -= 1) {
      lengths[row * columns + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let row = 0;
  let column = 0;
  while (row < before.length || column < after.length) {
    const [old, now] = [before[row], after[column]];
    if (old !== undefined && old === now) {
      lines.push({ mark: ' ', text: old });
      row += 1;
      column += 1;
    } else if (old !== undefined && (now === undefined || at(row + 1, column) >= at(row, column + 1))) {
      lines.push(gone(old));
      row += 1;
    } else {
      lines.push(come(now ?? ''));
      column += 1;
    }
  }
  return lines;
}

type Range = readonly [from: number, to: number];

/** Ranges of lines around the changes; those that touch are one. */
function chooseHunks(lines: readonly Line[], context: number): readonly Range[] {
  const ranges: [number, number][] = [];
  for (const [index, { mark }] of lines.entries()) {
    if (mark === ' ') continue;
    const [from, to] = [Math.max(0, index - context), Math.min(lines.length, index + context + 1)];
    const last = ranges.at(-1);
    if (last && from <= last[1]) last[1] = to;
    else ranges.push([from, to]);
  }
  return ranges;
}

function renderHunk(lines: readonly Line[], [from, to]: Range): string {
  const count = (marks: string, until: readonly Line[]) => until.filter(({ mark }) => marks.includes(mark)).length;
  const own = lines.slice(from, to);
  const describe = (marks: string) => {
    const length = count(marks, own);
    // As diff does it: where there are no lines, the one before is named.
    return `${count(marks, lines.slice(0, from)) + (length === 0 ? 0 : 1)},${length}`;
  };
  const head = `@@ -${describe(' -')} +${describe(' +')} @@\n`;
  return head + own.map(({ mark, text }) => `${mark}${text.replace(/\r$/, '')}\n`).join('');
}
