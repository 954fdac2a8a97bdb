import { OnwardError } from '../../model/index.ts';
import { offsetOfCharacter, type SqlParser, type SqlStatement } from '../../system/index.ts';

export interface Failure {
  /**
   * `meta`: a command of psql. `unfinished`: more text might make it right. `deep`: the parser gave up, and does not say where.
   */
  readonly kind: 'meta' | 'unfinished' | 'deep' | 'syntax';
  /** In the piece. */
  readonly offset: number;
  readonly message: string;
}

export type ParsedPiece = { readonly statements: readonly SqlStatement[] } | { readonly failure: Failure };

/** Parses a piece of a file. The parser reads from left to right: a mistake before the end of a piece is one of the whole file. */
export function parsePiece(parser: SqlParser, piece: string, path: string): ParsedPiece {
  try {
    return { statements: parser.split(piece, path) };
  } catch (error) {
    if (error instanceof OnwardError) return { failure: toFailure(error, piece) };
    throw error;
  }
}

function toFailure(error: OnwardError, piece: string): Failure {
  const [finding] = error.findings;
  const { line = 1, column = 1 } = finding?.position ?? {};
  const message = finding?.message ?? error.message;
  if (error.code === 'sql.too-deep') return { kind: 'deep', offset: Math.max(0, piece.search(/\S/)), message };
  const offset = offsetOfPlace(piece, line, column);
  if (error.code === 'sql.meta-command') return { kind: 'meta', offset, message };
  const isUnfinished = /^unterminated |at end of input$/.test(message);
  return { kind: isUnfinished ? 'unfinished' : 'syntax', offset, message };
}

function offsetOfPlace(text: string, line: number, column: number): number {
  let start = 0;
  for (let seen = 1; seen < line; seen += 1) start = text.indexOf('\n', start) + 1;
  const end = text.indexOf('\n', start);
  return start + offsetOfCharacter(text.slice(start, end === -1 ? undefined : end), column - 1);
}
