import { OnwardError } from '../../model/index.ts';
import type { SqlParser } from '../../system/index.ts';

/** Strings of every kind, and numbers long enough to be somebody's. */
const TELLING = /^([eEbBxXnN]?'|[uU]&'|\$\w*\$|\d{6,})/;

/**
 * A recorded text without comments and without constants that could tell something: the server replaces constants by parameters, but not
 * when it had to forget the statement in the middle of counting it. `undefined` when the text has no end, so that nobody can tell.
 */
export function cleanText(parser: SqlParser, text: string): string | undefined {
  try {
    return replaceConstants(parser, text);
  } catch (error) {
    if (error instanceof OnwardError) return undefined;
    throw error;
  }
}

function replaceConstants(parser: SqlParser, text: string): string {
  const tokens = parser.tokens(text, 'a statement');
  let highest = Math.max(0, ...tokens.map(({ text: said }) => Number(/^\$(\d+)$/.exec(said)?.[1] ?? 0)));
  let clean = '';
  let end = 0;
  for (const token of tokens) {
    clean += text.slice(end, token.startOffset);
    end = token.endOffset;
    if (token.isComment) continue;
    if (!TELLING.test(token.text)) {
      clean += token.text;
      continue;
    }
    highest += 1;
    clean += `$${highest}`;
  }
  return (clean + text.slice(end)).trim().replace(/;$/, '');
}
