import type { LogParser, LogRecord } from './log-record.ts';

/** The jsonlog format of Postgres 15 and newer: one object per line. */
export function createJsonLogParser(): LogParser {
  let rest = '';
  return {
    add(text) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      return lines.flatMap(parseLine);
    },
  };
}

const KEYS = {
  state: 'state_code',
  role: 'user',
  database: 'dbname',
  application: 'application_name',
  statement: 'statement',
};

function parseLine(line: string): readonly LogRecord[] {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(line);
  } catch {
    // A line of which the beginning was written before the watch began.
    return [];
  }
  const { message } = value;
  if (typeof message !== 'string') return [];
  const fields = Object.entries(KEYS).flatMap(([name, key]) =>
    typeof value[key] === 'string' ? [[name, value[key]]] : [],
  );
  return [{ message, ...Object.fromEntries(fields) }];
}
