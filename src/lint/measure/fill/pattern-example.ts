/**
 * A text that a simple regular expression matches; `undefined` when it is not simple. Sets, escapes, groups, alternatives and repetition are
 * known, looking ahead is not.
 */
export function exampleOfPattern(pattern: string): string | undefined {
  const reader: Reader = { text: pattern.replace(/^\^/, '').replace(/(?<!\\)\$$/, ''), at: 0 };
  const example = readAlternatives(reader);
  return reader.at === reader.text.length ? example : undefined;
}

interface Reader {
  readonly text: string;
  at: number;
}

/** The first alternative is taken; the others are read over. */
function readAlternatives(reader: Reader): string | undefined {
  const first = readSequence(reader);
  while (reader.text[reader.at] === '|') {
    reader.at += 1;
    if (readSequence(reader) === undefined) return undefined;
  }
  return first;
}

function readSequence(reader: Reader): string | undefined {
  let example = '';
  while (reader.at < reader.text.length && !'|)'.includes(reader.text[reader.at] ?? '')) {
    const atom = readAtom(reader);
    const times = readTimes(reader);
    if (atom === undefined || times === undefined) return undefined;
    example += atom.repeat(times);
  }
  return example;
}

function readAtom(reader: Reader): string | undefined {
  const character = reader.text[reader.at] ?? '';
  reader.at += 1;
  if (character === '(') return readGroup(reader);
  if (character === '[') return readSet(reader);
  if (character === '\\') return readEscape(reader);
  if (character === '.') return 'a';
  return '^$*+?{'.includes(character) ? undefined : character;
}

function readGroup(reader: Reader): string | undefined {
  if (reader.text.startsWith('?:', reader.at)) reader.at += 2;
  else if (reader.text[reader.at] === '?') return undefined;
  const inner = readAlternatives(reader);
  if (reader.text[reader.at] !== ')') return undefined;
  reader.at += 1;
  return inner;
}

const NAMED_SETS: Readonly<Record<string, string>> = {
  '[:alpha:]': 'a',
  '[:alnum:]': 'a',
  '[:lower:]': 'a',
  '[:upper:]': 'A',
  '[:digit:]': '1',
  '[:space:]': ' ',
  '[:xdigit:]': 'a',
};

/** One character of the set. */
function readSet(reader: Reader): string | undefined {
  const end = /^\^?\]?(?:\[:\w+:\]|\\.|[^\]])*\]/.exec(reader.text.slice(reader.at))?.[0].length;
  if (end === undefined) return undefined;
  const content = reader.text.slice(reader.at, reader.at + end - 1);
  reader.at += end;
  if (content.startsWith('^')) {
    return [...'aA1-_ '].find(
      (character) => !new RegExp(`[${content}]`).test('') && new RegExp(`[${content}]`).test(character),
    );
  }
  const named = Object.entries(NAMED_SETS).find(([name]) => content.startsWith(name));
  if (named) return named[1];
  return content.startsWith('\\') ? escaped(content[1] ?? '') : content[0];
}

function readEscape(reader: Reader): string | undefined {
  const character = reader.text[reader.at] ?? '';
  reader.at += 1;
  return escaped(character);
}

function escaped(character: string): string | undefined {
  if (character === 'd') return '1';
  if (character === 'w') return 'a';
  if (character === 's') return ' ';
  return /[a-zA-Z0-9]/.test(character) || character === '' ? undefined : character;
}

/** How often what was read last is repeated: the fewest times that are allowed, but once rather than never. */
function readTimes(reader: Reader): number | undefined {
  const rest = reader.text.slice(reader.at);
  const [whole, low, high] = /^(?:[*+?]|\{(\d+)(?:(,)\d*)?\})\??/.exec(rest) ?? [];
  if (whole === undefined) return rest.startsWith('{') ? undefined : 1;
  reader.at += whole.length;
  if (low === undefined) return 1;
  return Math.min(Number(low) === 0 && high === ',' ? 1 : Number(low), 1000);
}
