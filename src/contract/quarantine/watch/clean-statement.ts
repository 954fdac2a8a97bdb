import { OnwardError } from '../../../model/index.ts';
import type { SqlParser, System } from '../../../system/index.ts';

const CONSTANT = /^([eEbBxXnN]?'|[uU]&'|\$\w*\$|\d|\.\d)/;
const LONGEST = 500;

/** A statement in one line without comments, with `?` for every constant and every known secret gone; nothing of one that cannot be read. */
export function cleanStatement(system: Pick<System, 'redaction'>, parser: SqlParser, sql: string): string | undefined {
  try {
    let clean = '';
    let end = 0;
    for (const { text, isComment, startOffset, endOffset } of parser.tokens(sql, 'statement')) {
      clean += sql.slice(end, startOffset) + (isComment ? '' : CONSTANT.test(text) ? '?' : text);
      end = endOffset;
    }
    const line = (clean + sql.slice(end)).replace(/\s+/g, ' ').trim();
    return system.redaction.apply(line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`);
  } catch (error) {
    if (error instanceof OnwardError) return undefined;
    throw error;
  }
}
