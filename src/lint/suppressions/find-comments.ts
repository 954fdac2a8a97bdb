import type { SqlParser } from '../../system/index.ts';
import type { LintFile } from '../lint-file.ts';

/** A comment that is meant to allow something, and the statement that it stands beside. */
export interface SuppressionComment {
  /** With its markers. */
  readonly text: string;
  /** Of the comment in the file's text. */
  readonly offset: number;
  /** Position of the statement in the file's list; `undefined` when it stands beside none. */
  readonly statement: number | undefined;
}

/** Anything that is meant as one, however it is written. */
const MEANT = /\bonward\s*:?\s*allow\b/i;

/**
 * The comments of a file that say `onward:allow`. One belongs to the statement that it stands in, or behind on the same line, or else to
 * the next one, with nothing but comments on the lines between. Only texts between statements and statements with the word in them are
 * scanned: a literal that says it is none, and a large file costs nothing.
 */
export function findSuppressionComments(parser: SqlParser, file: LintFile): readonly SuppressionComment[] {
  const { text, statements } = file;
  if (!MEANT.test(text)) return [];
  const found: SuppressionComment[] = [];
  let end = 0;
  for (const [index, statement] of statements.entries()) {
    const gap = { from: end, to: statement.startOffset };
    found.push(...inGap(parser, file, { ...gap, before: index - 1, next: index }));
    end = statement.startOffset + statement.text.length;
    for (const { text: own, offset } of commentsIn(parser, file, { from: gap.to, to: end })) {
      found.push({ text: own, offset, statement: index });
    }
  }
  const last = { from: end, to: text.length, before: statements.length - 1, next: undefined };
  return [...found, ...inGap(parser, file, last)];
}

interface Range {
  readonly from: number;
  readonly to: number;
}

function inGap(
  parser: SqlParser,
  file: LintFile,
  gap: Range & { readonly before: number; readonly next: number | undefined },
): readonly SuppressionComment[] {
  return commentsIn(parser, file, gap).map(({ text, offset }) => {
    const isBehind = gap.before >= 0 && !file.text.slice(gap.from, offset).includes('\n');
    if (isBehind) return { text, offset, statement: gap.before };
    const between = file.text.slice(offset + text.length, gap.to);
    // A line of a layout's own markers is blank by now, but not empty.
    const isDirect = !/\n\r?\n/.test(between);
    return { text, offset, statement: isDirect ? gap.next : undefined };
  });
}

function commentsIn(
  parser: SqlParser,
  { text, path }: LintFile,
  { from, to }: Range,
): readonly { readonly text: string; readonly offset: number }[] {
  const part = text.slice(from, to);
  if (!MEANT.test(part)) return [];
  try {
    return parser
      .comments(part, path)
      .filter((comment) => MEANT.test(comment.text))
      .map((comment) => ({ text: comment.text, offset: from + comment.startOffset }));
  } catch {
    // Behind a mistake, which has a finding of its own, nothing was read.
    return [];
  }
}
