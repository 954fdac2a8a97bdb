import { OnwardError } from '../../model/index.ts';
import { offsetOfCharacter, type SqlParser, type SqlStatement } from '../../system/index.ts';
import { blankRange } from './blank.ts';
import type { TextFinding } from './layout.ts';
import { describeMetaCommand, findCopyRows } from './psql.ts';

/** Characters given to the parser at once: it takes sixty times the memory of its text. */
const CHUNK = 262_144;
const SMALL_CHUNK = 4096;
/** Lines of psql in one file after which the rest is not read. */
const MOST_PSQL_LINES = 20;

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
export function splitStatements(parser: SqlParser, whole: string, path: string): SplitText {
  const statements: SqlStatement[] = [];
  const findings: TextFinding[] = [];
  let text = whole;
  let at = 0;
  let line = 1;
  let size = CHUNK;
  while (at < text.length) {
    const end = chooseEnd(text, at, size);
    const isLast = end === text.length;
    const piece = parsePiece(parser, text.slice(at, end), path);
    if ('failure' in piece) {
      const rows = findCopyRows(text, at);
      if (rows) {
        text = blankRange(text, rows.from, rows.to);
        continue;
      }
      const { kind, offset, message } = piece.failure;
      if (kind === 'meta' && findings.length < MOST_PSQL_LINES) {
        const from = at + offset;
        const stop = lineEnd(text, from);
        findings.push(describeMetaCommand(text.slice(from, stop), from));
        text = blankRange(text, from, stop);
      } else if (kind === 'unfinished' && !isLast) size = Math.max(2 * size, CHUNK);
      else if (kind === 'deep' && size > SMALL_CHUNK && end - at > SMALL_CHUNK) size = SMALL_CHUNK;
      else {
        findings.push(unreadable(kind, message, at + offset));
        break;
      }
      continue;
    }
    const taken = isLast ? piece.statements : piece.statements.filter((found) => isEnded(text, at, found));
    const last = taken.at(-1);
    // A piece of nothing but comments is behind us; one with an unfinished statement has to grow.
    if (!last && !isLast && piece.statements.length > 0) {
      size *= 2;
      continue;
    }
    for (const found of taken) {
      statements.push({ ...found, startOffset: at + found.startOffset, line: line + found.line - 1 });
    }
    const next = isLast || !last ? end : text.indexOf(';', at + last.startOffset + last.text.length) + 1;
    line += countLines(text, at, next);
    at = next;
    size = CHUNK;
  }
  return { statements, text, findings };
}

interface Failure {
  readonly kind: 'meta' | 'unfinished' | 'deep' | 'syntax';
  /** In the piece. */
  readonly offset: number;
  readonly message: string;
}

function parsePiece(
  parser: SqlParser,
  piece: string,
  path: string,
): { readonly statements: readonly SqlStatement[] } | { readonly failure: Failure } {
  try {
    return { statements: parser.split(piece, path) };
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    const [finding] = error.findings;
    const { line = 1, column = 1 } = finding?.position ?? {};
    const message = finding?.message ?? error.message;
    if (error.code === 'sql.too-deep') return { failure: { kind: 'deep', offset: firstWord(piece), message } };
    const offset = offsetOfPlace(piece, line, column);
    if (error.code === 'sql.meta-command') return { failure: { kind: 'meta', offset, message } };
    const isUnfinished = /^unterminated |at end of input$/.test(message);
    return { failure: { kind: isUnfinished ? 'unfinished' : 'syntax', offset, message } };
  }
}

function offsetOfPlace(text: string, line: number, column: number): number {
  let start = 0;
  for (let seen = 1; seen < line; seen += 1) start = text.indexOf('\n', start) + 1;
  const rest = text.slice(start, lineEnd(text, start));
  return start + offsetOfCharacter(rest, column - 1);
}

function firstWord(text: string): number {
  return Math.max(0, text.search(/\S/));
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

function unreadable(kind: Failure['kind'], message: string, offset: number): TextFinding {
  const base = { class: 'unanalysed', severity: 'error', offset } as const;
  const rest = 'nothing behind it in this file was read';
  switch (kind) {
    case 'deep':
      return {
        ...base,
        rule: 'nested-too-deeply',
        message: `The parser cannot follow an expression that is nested this deeply; ${rest}`,
        help: 'Split the expression, or put its rows into several statements.',
      };
    case 'meta':
      return {
        ...base,
        rule: 'psql-command',
        message: `The file holds more than ${MOST_PSQL_LINES} commands of psql; ${rest}`,
        help: 'Lint the SQL itself: this file is a script for psql.',
      };
    default:
      return {
        ...base,
        rule: 'syntax-error',
        message: `Postgres cannot read this: ${message}; ${rest}`,
        help: message.startsWith('unterminated')
          ? 'Close it: everything up to the end of the file is inside of it.'
          : 'Mend the statement.',
      };
  }
}
