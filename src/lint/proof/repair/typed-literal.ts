import type { SqlToken } from '../../../system/index.ts';
import { applyEdits, type Edit, isParameter } from './edit-text.ts';

const WORD = /^([\p{L}_][\p{L}\p{N}_$]*|"([^"]|"")+")$/u;
const INTERVAL_FIELD = /^(year|month|day|hour|minute|second)$/i;

/** The words that may stand before the last one in the name of one type. */
const LONG_TYPES: readonly (readonly string[])[] = [
  ['timestamp', 'with', 'time', 'zone'],
  ['timestamp', 'without', 'time', 'zone'],
  ['time', 'with', 'time', 'zone'],
  ['time', 'without', 'time', 'zone'],
  ['double', 'precision'],
  ['character', 'varying'],
  ['national', 'character'],
  ['bit', 'varying'],
];

/**
 * `interval $1`, `date $1`, `extract($1 from x)`: a constant is part of the grammar there, and a parameter is none. The statement with a cast
 * or a call in its place, or `undefined` when the parameter at this offset is nothing of that kind.
 */
export function repairTypedLiteral(text: string, tokens: readonly SqlToken[], offset: number): string | undefined {
  const said = tokens.filter((token) => !token.isComment);
  const at = said.findIndex((token) => token.startOffset === offset);
  if (!isParameter(said[at])) return undefined;
  const edits = castOf(said, at) ?? callOfExtract(said, at);
  return edits && applyEdits(text, edits);
}

function castOf(tokens: readonly SqlToken[], at: number): readonly Edit[] | undefined {
  const parameter = tokens[at];
  const start = startOfType(tokens, at);
  const first = tokens[start];
  const last = tokens[at - 1];
  if (start === at || !parameter || !first || !last) return undefined;
  const words = tokens.slice(start, at).map((token) => token.text);
  const end = first.text.toLowerCase() === 'interval' ? endOfInterval(tokens, at) : at;
  const fields = tokens.slice(at + 1, end + 1).map((token) => token.text);
  const type = [words.join(' ').replaceAll(' . ', '.'), ...fields].join(' ');
  const endOffset = tokens[end]?.endOffset ?? parameter.endOffset;
  return [{ startOffset: first.startOffset, endOffset, text: `cast(${parameter.text} as ${type})` }];
}

/** Where the name of the type that ends before `at` begins; `at` itself when there is none. */
function startOfType(tokens: readonly SqlToken[], at: number): number {
  const long = LONG_TYPES.find((words) => endsWith(tokens, at, words));
  if (long) return at - long.length;
  let end = at;
  if (tokens[at - 1]?.text === ')') {
    end = tokens.findLastIndex((token, index) => index < at && token.text === '(');
    if (end <= 0) return at;
  }
  // `timestamp(3) with time zone $1`
  const zone = ['with', 'without'].find((word) => endsWith(tokens, end, [word, 'time', 'zone']));
  if (zone !== undefined && tokens[end - 4]?.text === ')') {
    const open = tokens.findLastIndex((token, index) => index < end - 3 && token.text === '(');
    return open > 0 ? open - 1 : at;
  }
  const shortened = LONG_TYPES.find((words) => endsWith(tokens, end, words));
  if (shortened) return end - shortened.length;
  if (!WORD.test(tokens[end - 1]?.text ?? '')) return at;
  let start = end - 1;
  while (tokens[start - 1]?.text === '.' && WORD.test(tokens[start - 2]?.text ?? '')) start -= 2;
  return start;
}

function endsWith(tokens: readonly SqlToken[], at: number, words: readonly string[]): boolean {
  return words.every((word, index) => tokens[at - words.length + index]?.text.toLowerCase() === word);
}

/** `interval $1 day to second(3)`: the fields belong to the type. */
function endOfInterval(tokens: readonly SqlToken[], at: number): number {
  if (!INTERVAL_FIELD.test(tokens[at + 1]?.text ?? '')) return at;
  let end = at + 1;
  if (tokens[end + 1]?.text.toLowerCase() === 'to' && INTERVAL_FIELD.test(tokens[end + 2]?.text ?? '')) end += 2;
  if (tokens[end + 1]?.text === '(' && tokens[end + 3]?.text === ')') end += 3;
  return end;
}

function callOfExtract(tokens: readonly SqlToken[], at: number): readonly Edit[] | undefined {
  const [name, open, parameter, from] = tokens.slice(at - 2, at + 2);
  if (!name || !open || !parameter || !from) return undefined;
  if (name.text.toLowerCase() !== 'extract' || open.text !== '(' || from.text.toLowerCase() !== 'from')
    return undefined;
  const field = findField(tokens, at);
  if (field !== undefined) return [{ ...parameter, text: field }];
  return [
    { startOffset: name.startOffset, endOffset: name.endOffset, text: 'pg_catalog."extract"' },
    { startOffset: parameter.startOffset, endOffset: from.endOffset, text: `${parameter.text}::pg_catalog.text,` },
  ];
}

/** The field of an equal EXTRACT elsewhere: the server leaves those in GROUP BY as they were written. */
function findField(tokens: readonly SqlToken[], at: number): string | undefined {
  const wanted = argumentAfter(tokens, at);
  const found = tokens.findIndex(
    (token, index) =>
      WORD.test(token.text) &&
      tokens[index - 1]?.text === '(' &&
      tokens[index - 2]?.text.toLowerCase() === 'extract' &&
      argumentAfter(tokens, index) === wanted,
  );
  return tokens[found]?.text;
}

/** What stands between a token and the parenthesis that closes around it. */
function argumentAfter(tokens: readonly SqlToken[], at: number): string {
  let depth = 0;
  const end = tokens.findIndex(({ text }, index) => {
    if (index <= at) return false;
    depth += text === '(' ? 1 : text === ')' ? -1 : 0;
    return depth < 0;
  });
  return tokens
    .slice(at + 1, end)
    .map(({ text }) => text)
    .join(' ');
}
