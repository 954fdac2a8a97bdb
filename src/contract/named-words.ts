import type { SqlParser } from '../system/index.ts';

const WORD = /[\p{L}_][\p{L}\p{N}_$]*/gu;
const QUOTED = /"((?:[^"]|"")+)"/g;

/**
 * Every word that a text of SQL says outside of its comments, in lower case, and every quoted name as it is: what a statement names is
 * among them, also inside of a DO block or a text that is executed. A word that is no name does no harm.
 */
export function collectWords(parser: SqlParser, text: string, file: string): ReadonlySet<string> {
  const words = new Set<string>();
  for (const token of parser.tokens(text, file)) {
    if (token.isComment) continue;
    for (const [, name = ''] of token.text.matchAll(QUOTED)) words.add(name.replaceAll('""', '"'));
    for (const [word] of token.text.matchAll(WORD)) words.add(word.toLowerCase());
  }
  return words;
}
