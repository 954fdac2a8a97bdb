import type { SqlParser, SqlStatement } from '../../system/index.ts';
import { blankRange } from './blank.ts';
import type { TextFinding } from './layout.ts';
import { type Failure, parsePiece } from './parse-piece.ts';
import { describeMetaCommand, findCopyRows } from './psql.ts';
import { isTooDeep } from './tree-depth.ts';
import { MOST_PSQL_LINES, unreadable } from './unreadable.ts';

/** Characters given to the parser at once: it takes sixty times the memory of its text. */
const PIECE = 262_144;
/** No piece is larger: a statement that does not end within it is not read. */
const LARGEST_PIECE = 4 * 1024 * 1024;
/** Semicolons before a mistake that are tried as the end of what is right. */
const MOST_TRIES = 20;

export interface SplitText {
  readonly statements: readonly SqlStatement[];
  /** The text as it was parsed: what is meant for psql is blank. */
  readonly text: string;
  readonly findings: readonly TextFinding[];
}

/**
 * The statements of a text of any size, in bounded memory. The text is parsed piece by piece: a piece ends at a semicolon, and only
 * statements that the parser saw the end of are taken from it, so a semicolon in a literal, a comment or a function's body cuts nothing.
 * Lines for psql are findings, and what stands around them is still read; behind any other mistake nothing is.
 */
export function splitStatements(parser: SqlParser, text: string, path: string): SplitText {
  const progress: Progress = {
    parser,
    path,
    text,
    at: 0,
    line: 1,
    size: PIECE,
    isCareful: false,
    statements: [],
    findings: [],
  };
  skipSpace(progress);
  while (progress.at < progress.text.length && takePiece(progress)) skipSpace(progress);
  return progress;
}

interface Progress {
  readonly parser: SqlParser;
  readonly path: string;
  text: string;
  /** Everything before it was read. */
  at: number;
  line: number;
  size: number;
  /** Pieces are kept as small as they can be: the parser failed, and did not say where. */
  isCareful: boolean;
  readonly statements: SqlStatement[];
  readonly findings: TextFinding[];
}

/** False when nothing more can be read. */
function takePiece(progress: Progress): boolean {
  const { parser, path, text, at } = progress;
  const end = chooseEnd(text, at, progress.size);
  const isLast = end === text.length;
  if (end - at > LARGEST_PIECE) return grow(progress, end);
  const piece = parsePiece(parser, text.slice(at, end), path);
  if ('failure' in piece) return mend(progress, piece.failure, end);
  const taken = isLast ? piece.statements : piece.statements.filter((found) => isEnded(text, at, found));
  const last = taken.at(-1);
  if (!last && !isLast && piece.statements.length > 0) return grow(progress, end);
  take(progress, taken);
  moveTo(progress, isLast ? end : last ? behind(progress, taken) : behindComments(progress, end));
  return true;
}

/** A piece without any statement is all comments; its semicolon may stand in the middle of one. */
function behindComments({ parser, path, text, at }: Progress, end: number): number {
  const last = parser.comments(text.slice(at, end), path).at(-1);
  const isCut = last?.text.startsWith('--') && at + last.endOffset === end;
  return isCut ? lineEnd(text, end) : end;
}

/** Behind the semicolon of the last of these statements. */
function behind({ text, at }: Progress, taken: readonly SqlStatement[]): number {
  const last = taken.at(-1);
  return last ? text.indexOf(';', at + last.startOffset + last.text.length) + 1 : at;
}

/** Whatever was blanked may be longer than a piece. */
function skipSpace(progress: Progress): void {
  const { text, at } = progress;
  let next = at;
  while (next < text.length && /\s/.test(text.charAt(next))) next += 1;
  if (next > at) advance(progress, next);
}

function take({ statements, findings, at, line }: Progress, taken: readonly SqlStatement[]): void {
  for (const found of taken) {
    if (isTooDeep(found)) findings.push(unreadable('deep-statement', { offset: at + found.startOffset }));
    else statements.push({ ...found, startOffset: at + found.startOffset, line: line + found.line - 1 });
  }
}

function moveTo(progress: Progress, next: number): void {
  advance(progress, next);
  progress.size = progress.isCareful ? 1 : PIECE;
}

function advance(progress: Progress, next: number): void {
  progress.line += countLines(progress.text, progress.at, next);
  progress.at = next;
}

/** Asks for a larger piece; false when there is none. */
function grow(progress: Progress, end: number): boolean {
  const { text, at } = progress;
  const size = 2 * Math.max(progress.size, end - at);
  if (size <= LARGEST_PIECE) {
    progress.size = size;
    return true;
  }
  if (startCarefully(progress)) return true;
  progress.findings.push(unreadable('large', { offset: at + Math.max(0, text.slice(at, end).search(/\S/)) }));
  return false;
}

/** From here on statement by statement, to find the one that is the trouble; false when that is so already. */
function startCarefully(progress: Progress): boolean {
  if (progress.isCareful) return false;
  progress.isCareful = true;
  progress.size = 1;
  return true;
}

/** What to do about a piece that could not be parsed; false when it is the text's own fault. */
function mend(progress: Progress, failure: Failure, end: number): boolean {
  const { text, at } = progress;
  const { kind } = failure;
  const from = at + failure.offset;
  // The COPY itself may have been read already.
  const rows = findCopyRows(text, progress.statements.at(-1)?.startOffset ?? at, from);
  if (rows) {
    progress.text = blankRange(text, rows.from, rows.to);
    return true;
  }
  if (kind === 'meta' && progress.findings.length < MOST_PSQL_LINES) {
    const stop = lineEnd(text, from);
    progress.findings.push(describeMetaCommand(text.slice(from, stop), from));
    progress.text = blankRange(text, from, stop);
    return true;
  }
  if (kind === 'unfinished' && end < text.length) return salvage(progress, from) || grow(progress, end);
  if (kind === 'deep' && startCarefully(progress)) return true;
  progress.findings.push(unreadable(kind, { offset: from, message: failure.message }));
  if (kind !== 'deep') salvage(progress, from);
  return false;
}

/** Takes the statements before a mistake, which the parser does not give when there is one; false when there are none. */
function salvage(progress: Progress, from: number): boolean {
  const { parser, path, text, at } = progress;
  let end = from;
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    end = text.lastIndexOf(';', end - 1);
    if (end < at) return false;
    const piece = parsePiece(parser, text.slice(at, end + 1), path);
    if ('failure' in piece) continue;
    // The semicolon may stand in a remark.
    const taken = piece.statements.filter((found) => isEnded(text, at, found));
    if (taken.length === 0) continue;
    take(progress, taken);
    moveTo(progress, behind(progress, taken));
    return true;
  }
  return false;
}

/** Behind the last semicolon within the size, best one at a line's end; the next one when there is none. */
function chooseEnd(text: string, at: number, size: number): number {
  const limit = at + size;
  if (limit >= text.length) return text.length;
  const slice = text.slice(at, limit);
  const inside = slice.lastIndexOf(';\n') + 1 || slice.lastIndexOf(';\r\n') + 1 || slice.lastIndexOf(';') + 1;
  if (inside > 0) return at + inside;
  const next = text.indexOf(';', limit);
  return next === -1 ? text.length : next + 1;
}

function isEnded(text: string, at: number, statement: SqlStatement): boolean {
  const behind = at + statement.startOffset + statement.text.length;
  return /^\s*;/.test(text.slice(behind, behind + 1000));
}

function lineEnd(text: string, from: number): number {
  const found = text.indexOf('\n', from);
  return found === -1 ? text.length : found;
}

function countLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
