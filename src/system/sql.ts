import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import type { Node, ScanResult } from 'libpg-query';
import { type Digest, ExitCode, OnwardError } from '../model/index.ts';
import { createLocator, renderCodeFrame } from './code-frame.ts';
import { type BodyStatement, bodyStatements } from './sql-body.ts';

/** A statement's syntax tree, as the Postgres parser gives it: one key, which names the kind of node. */
export type SqlNode = Node;

export interface SqlStatement {
  /** Without the semicolon and without the comments before it. */
  readonly text: string;
  /** Of the text's first character in the file, as a JavaScript string offset. */
  readonly startOffset: number;
  /** Of the text's first character; counts from 1. */
  readonly line: number;
  readonly node: SqlNode;
}

export interface SqlToken {
  /** As written. */
  readonly text: string;
  readonly startOffset: number;
  readonly endOffset: number;
  readonly isComment: boolean;
}

/** The parser of Postgres itself. `file` names the text in errors. */
export interface SqlParser {
  /**
   * The statements of a file, in order. Throws `sql.syntax`, `sql.meta-command` (a psql command such as `\restrict` outside of a literal)
   * or `sql.too-deep`, with file, line, column and a code frame.
   */
  split(text: string, file: string): readonly SqlStatement[];
  /** Every token, comments included. Throws `sql.syntax` when a literal or comment has no end. */
  tokens(text: string, file: string): readonly SqlToken[];
  /** The comments, with their markers. */
  comments(text: string, file: string): readonly SqlToken[];
  /**
   * Over what the text says to Postgres: comments, white space, line endings, empty statements and the case of keywords and unquoted names
   * make no difference; any constant, name or operator does. It is made from tokens, not from the syntax tree, because it is stored for
   * years and the tree's shape changes with the parser's version.
   */
  fingerprint(text: string, file: string): Digest;
  /** The SQL in a body of PL/pgSQL, in its order; `undefined` when it cannot be read. */
  plpgsql(body: string): readonly BodyStatement[] | undefined;
}

type Library = Pick<typeof import('libpg-query'), 'parseSync' | 'scanSync' | 'parsePlPgSQLSync'>;

let loading: Promise<SqlParser> | undefined;

/** Loads the parser (2 MB of WebAssembly) once per process. */
export function loadSqlParser(): Promise<SqlParser> {
  loading ??= load();
  return loading;
}

async function load(): Promise<SqlParser> {
  const imported = await import('libpg-query');
  // The package is CommonJS: Node finds its names, the bundle has them only under `default`.
  const library = 'loadModule' in imported ? imported : (imported as { readonly default: typeof imported }).default;
  compileOnce();
  await library.loadModule();
  const tokens: SqlParser['tokens'] = (text, file) => scan(library, text, file);
  return {
    split: (text, file) => split(library, text, file),
    tokens,
    comments: (text, file) => tokens(text, file).filter((token) => token.isComment),
    fingerprint: (text, file) => fingerprint(tokens(text.replaceAll('\r\n', '\n'), file)),
    plpgsql: (body) => bodyStatements(library, body),
  };
}

/**
 * Keeps V8 from compiling the parser's hot functions a second time, with its optimising compiler: measured, that takes 0.3 s of processor
 * time beside the first 500 small files, and has earned that back only after 50,000. Other versions of V8 may not know these settings, and
 * would complain on stderr.
 */
function compileOnce(): void {
  const version = Number.parseInt(process.versions.v8, 10);
  if (version < 11 || version > 13) return;
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
}

function split(library: Library, text: string, file: string): readonly SqlStatement[] {
  if (text.trim() === '') return [];
  const parsed = attempt(() => library.parseSync(text), text, file);
  const toOffset = createByteOffsets(text);
  const locate = createLocator(text);
  const statements: SqlStatement[] = [];
  for (const { stmt, stmt_location: location = 0, stmt_len: length = 0 } of parsed.stmts ?? []) {
    if (!stmt) continue;
    const from = toOffset(location);
    // No length: the statement goes to the end of the file, which may hold white space.
    const raw = length === 0 ? text.slice(from) : text.slice(from, toOffset(location + length));
    const startOffset = from + (raw.length - raw.trimStart().length);
    statements.push({ text: raw.trim(), startOffset, line: locate(startOffset).line, node: stmt });
  }
  return statements;
}

function scan(library: Library, text: string, file: string): readonly SqlToken[] {
  if (text.trim() === '') return [];
  const scanned: ScanResult = attempt(() => library.scanSync(text), text, file);
  const toOffset = createByteOffsets(text);
  return scanned.tokens.map((token) => {
    const startOffset = toOffset(token.start);
    const endOffset = toOffset(token.end);
    const isComment = token.tokenName === 'SQL_COMMENT' || token.tokenName === 'C_COMMENT';
    return { text: text.slice(startOffset, endOffset), startOffset, endOffset, isComment };
  });
}

function fingerprint(tokens: readonly SqlToken[]): Digest {
  let said = '';
  let previous = ';';
  for (const { text, isComment } of tokens) {
    if (isComment || (text === ';' && previous === ';')) continue;
    // Keywords and unquoted names; Postgres folds ASCII letters only. Literals such as E'…' hold a quote and are left alone.
    const folded = /^[\p{L}_][\p{L}\p{N}_$]*$/u.test(text)
      ? text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
      : text;
    said += `${folded.length}:${folded}`;
    previous = text;
  }
  // A last semicolon says nothing.
  if (previous !== ';') said += '1:;';
  return `sha256:${createHash('sha256').update(said).digest('hex')}`;
}

function attempt<T>(work: () => T, text: string, file: string): T {
  try {
    return work();
  } catch (error) {
    throw unreadable(error as ParseFailure, text, file);
  }
}

interface ParseFailure extends Error {
  readonly sqlDetails?: { readonly cursorPosition: number };
}

function unreadable(error: ParseFailure, text: string, file: string): OnwardError {
  if (error instanceof RangeError || error.message.includes('memory exhausted')) return tooDeep(error, file);
  const offset = offsetOfCharacter(text, error.sqlDetails?.cursorPosition ?? 0);
  const place = createLocator(text)(offset);
  const at = `${file}:${place.line}:${place.column}`;
  const isMeta = text[offset] === '\\';
  const command = /^\\\S+/.exec(text.slice(offset))?.[0] ?? '\\';
  const frame = renderCodeFrame(text, place);
  return new OnwardError({
    code: isMeta ? 'sql.meta-command' : 'sql.syntax',
    message: isMeta
      ? `Could not read ${at}: ${command} is a command of psql, not SQL.`
      : `Could not read ${at}: ${error.message}.`,
    hint: isMeta ? `Remove ${command} from ${file}.` : `Mend ${file} at line ${place.line}.`,
    state: 'unchanged',
    exit: ExitCode.usage,
    detail: frame,
    findings: [
      {
        code: isMeta ? 'sql.meta-command' : 'sql.syntax',
        severity: 'error',
        message: isMeta ? `${command} is a command of psql, not SQL` : error.message,
        position: { file, line: place.line, column: place.column },
        frame,
      },
    ],
    cause: error,
  });
}

function tooDeep(error: Error, file: string): OnwardError {
  return new OnwardError({
    code: 'sql.too-deep',
    message: `Could not read ${file}: an expression in it is nested too deeply for the parser.`,
    hint: `Split the expression in ${file}, or put its rows into several statements.`,
    state: 'unchanged',
    exit: ExitCode.usage,
    findings: [
      { code: 'sql.too-deep', severity: 'error', message: 'an expression is nested too deeply', position: { file } },
    ],
    cause: error,
  });
}

/** The parser counts bytes of UTF-8. Ascending questions are answered in one pass over the text. */
function createByteOffsets(text: string): (byte: number) => number {
  const bytes = Buffer.from(text);
  if (bytes.length === text.length) return (byte) => byte;
  let atByte = 0;
  let atOffset = 0;
  return (byte) => {
    if (byte < atByte) {
      atByte = 0;
      atOffset = 0;
    }
    atOffset += bytes.toString('utf8', atByte, byte).length;
    atByte = byte;
    return atOffset;
  };
}

/** Postgres counts characters in messages; a JavaScript string counts the ones outside of the basic plane twice. */
export function offsetOfCharacter(text: string, character: number): number {
  let offset = 0;
  for (let seen = 0; seen < character && offset < text.length; seen += 1) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1;
  }
  return offset;
}
