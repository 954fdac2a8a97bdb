/** One `KEY=value` of an env file. Ranges are offsets into the text, the end exclusive. */
export interface EnvEntry {
  readonly key: string;
  readonly keyAt: readonly [number, number];
  /** With its escapes resolved; references stand as they are, a dollar sign that was escaped as `$$`. */
  readonly value: string;
  /** In single quotes: nothing is interpolated. */
  readonly isLiteral: boolean;
  /** From the value's first character, a quote included, to the line end, which is not a part of it. */
  readonly valueAt: readonly [number, number];
  /** Its lines as a whole, with the last line end. */
  readonly linesAt: readonly [number, number];
}

type Read =
  | { readonly kind: 'entry'; readonly entry: EnvEntry; readonly end: number }
  | { readonly kind: 'problem'; readonly message: string; readonly at: number; readonly end: number }
  /** A comment or an empty line. */
  | { readonly kind: 'nothing'; readonly end: number };

/** A line begins at `at`. Reads what stands there, over several lines where a quoted value goes on. `end` is where the next line begins. */
export function readEntry(text: string, at: number): Read {
  const end = lineEnd(text, at);
  const line = text.slice(at, end.content);
  if (/^\s*(#|$)/.test(line)) return { kind: 'nothing', end: end.next };
  const problem = (message: string, offset: number, next = end.next): Read => ({
    kind: 'problem',
    message,
    at: at + offset,
    end: next,
  });
  const [head, before = '', key = ''] = /^([ \t]*(?:export[ \t]+)?)([^\s=:#'"]+)/.exec(line) ?? [];
  const keyStart = before.length;
  if (head === undefined) return problem('is no KEY=value', /\S/.exec(line)?.index ?? 0);
  if (!/^[A-Za-z_][A-Za-z0-9_.-]*$/.test(key))
    return problem('what stands in front of "=" is no name of a variable', keyStart);
  const [separator] = /^[ \t]*[=:]/.exec(line.slice(head.length)) ?? [];
  if (separator === undefined) return problem('is no KEY=value', keyStart);
  const gap = at + head.length + separator.length;
  const valueStart = gap + (/^[ \t]*/.exec(text.slice(gap, end.content))?.[0].length ?? 0);
  const shape = { key, keyAt: [at + keyStart, at + keyStart + key.length] as const };
  const quote = text[valueStart];
  if (quote !== '"' && quote !== "'") {
    const raw = text.slice(gap, end.content);
    const value = raw.replace(/\s#[\s\S]*$/, '').trim();
    const entry = { ...shape, value, isLiteral: false };
    return found(entry, { valueStart, content: end.content, at, next: end.next });
  }
  const close = findClosing(text, valueStart + 1, quote);
  if (close === undefined) return problem(`the value of ${key} has no closing ${quote}`, valueStart - at, text.length);
  const last = lineEnd(text, close);
  const behind = text.slice(close + 1, last.content);
  if (!/^\s*(#|$)/.test(behind))
    return problem(`behind the closing ${quote} of ${key} stands something else`, close + 1 - at, last.next);
  const inner = text.slice(valueStart + 1, close);
  const isLiteral = quote === "'";
  const value = isLiteral ? inner.replaceAll("\\'", "'") : resolveEscapes(inner);
  return found({ ...shape, value, isLiteral }, { valueStart, content: last.content, at, next: last.next });
}

function found(
  entry: Pick<EnvEntry, 'key' | 'keyAt' | 'value' | 'isLiteral'>,
  range: { readonly at: number; readonly valueStart: number; readonly content: number; readonly next: number },
): Read {
  const { at, valueStart, content, next } = range;
  return { kind: 'entry', entry: { ...entry, valueAt: [valueStart, content], linesAt: [at, next] }, end: next };
}

function lineEnd(text: string, at: number): { readonly content: number; readonly next: number } {
  const newline = text.indexOf('\n', at);
  if (newline === -1) return { content: text.length, next: text.length };
  return { content: text[newline - 1] === '\r' && newline > at ? newline - 1 : newline, next: newline + 1 };
}

/** A backslash takes the meaning of the quote behind it; in double quotes also of a backslash. */
function findClosing(text: string, from: number, quote: '"' | "'"): number | undefined {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === quote) return at;
    const next = text[at + 1];
    if (text[at] === '\\' && (next === quote || (quote === '"' && next === '\\'))) at += 1;
  }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$$' };

/** Other letters behind a backslash stay with it. A dollar sign becomes the one that interpolation leaves alone. */
function resolveEscapes(text: string): string {
  return text.replace(/\\([\s\S])/g, (whole, letter: string) => ESCAPES[letter] ?? whole);
}
