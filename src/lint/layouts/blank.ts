/** Spaces instead of everything but line ends: offsets, lines and columns behind it stay right. */
export function blank(text: string): string {
  return text.replace(/[^\r\n]+/g, (line) => ' '.repeat(line.length));
}

/** The text with `from` to `to` blanked. */
export function blankRange(text: string, from: number, to: number): string {
  return text.slice(0, from) + blank(text.slice(from, to)) + text.slice(to);
}

export interface MarkedLine {
  readonly text: string;
  readonly startOffset: number;
  /** Behind the line's end. */
  readonly endOffset: number;
}

/** The lines that match, in order. */
export function findLines(text: string, pattern: RegExp): readonly MarkedLine[] {
  const found: MarkedLine[] = [];
  for (let at = 0; at < text.length; ) {
    const next = text.indexOf('\n', at);
    const endOffset = next === -1 ? text.length : next + 1;
    const line = text.slice(at, endOffset).replace(/\r?\n$/, '');
    if (pattern.test(line)) found.push({ text: line, startOffset: at, endOffset });
    at = endOffset;
  }
  return found;
}
