import type { LogParser, LogRecord } from './log-record.ts';

/** What the escapes of log_line_prefix hold that matters here; every other one may be any text. */
const ESCAPES: Readonly<Record<string, string>> = {
  u: 'role',
  d: 'database',
  a: 'application',
  e: 'state',
};

/**
 * The plain format: each line of a message begins with `log_line_prefix` and a word such as `ERROR:`; lines that go on begin with a tab.
 * The statement stands in a line of its own behind the message.
 */
export function createStderrLogParser(prefix: string): LogParser {
  const pattern = compilePrefix(prefix);
  let rest = '';
  return {
    add(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      return joinLines(lines.flatMap((line) => readLine(pattern, line)));
    },
  };
}

interface Line {
  readonly fields: Omit<LogRecord, 'message' | 'statement'>;
  /** `undefined`: the line goes on with the one before it. */
  readonly label?: string;
  readonly text: string;
}

function compilePrefix(prefix: string): RegExp {
  const seen = new Set<string>();
  const body = prefix.replace(
    /%(-?\d*)(.)|[\\^$.*+?()[\]{}|]/g,
    (match, padding: string | undefined, code?: string) => {
      if (code === undefined) return `\\${match}`;
      if (code === '%') return '%';
      if (code === 'q') return '';
      const name = ESCAPES[code];
      const blank = padding === undefined || padding === '' ? '' : ' *';
      if (name === undefined || seen.has(name)) return `${blank}.*?${blank}`;
      seen.add(name);
      return `${blank}(?<${name}>.*?)${blank}`;
    },
  );
  return new RegExp(`^${body}(?<label>\\p{L}+): {1,2}(?<text>.*)$`, 'u');
}

function readLine(pattern: RegExp, line: string): readonly Line[] {
  if (line.startsWith('\t')) return [{ fields: {}, text: line.slice(1) }];
  const groups = pattern.exec(line)?.groups;
  if (!groups) return [];
  const { label = '', text = '', ...fields } = groups;
  const known = Object.entries(fields).filter(([, value]) => value !== '' && value !== '[unknown]');
  return [{ fields: Object.fromEntries(known), label, text }];
}

/** Labels of lines that belong to the message before; with other words, under another language, they are messages that match nothing. */
const BELONGING = new Set(['DETAIL', 'HINT', 'CONTEXT', 'QUERY', 'LOCATION', 'STATEMENT']);

function joinLines(lines: readonly Line[]): readonly LogRecord[] {
  const records: { message: string; statement?: string }[] = [];
  let part: 'message' | 'statement' | undefined;
  for (const { label, text, fields } of lines) {
    const last = records.at(-1);
    if (label !== undefined && !BELONGING.has(label)) {
      records.push({ ...fields, message: text });
      part = 'message';
    } else if (label !== undefined) {
      part = label === 'STATEMENT' ? 'statement' : undefined;
      if (last && part) last.statement = text;
    } else if (last && part) last[part] = `${last[part] ?? ''}\n${text}`;
  }
  return records;
}
