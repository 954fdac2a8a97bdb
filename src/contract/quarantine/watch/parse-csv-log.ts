import type { LogParser, LogRecord } from './log-record.ts';

/** Columns of the csvlog format, which newer servers only add to. */
const COLUMN = { role: 1, database: 2, state: 12, message: 13, statement: 19, application: 22 } as const;

export function createCsvLogParser(): LogParser {
  let rest = '';
  return {
    add(text) {
      rest += text;
      const end = lastRowEnd(rest);
      const whole = rest.slice(0, end);
      rest = rest.slice(end);
      return parseRows(whole).map(toRecord);
    },
  };
}

/** Behind the last line end that is not inside of quotes. */
function lastRowEnd(text: string): number {
  let end = 0;
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '"') isQuoted = !isQuoted;
    else if (text[index] === '\n' && !isQuoted) end = index + 1;
  }
  return end;
}

const FIELD = /(?:"((?:[^"]|"")*)"|([^,\n]*))(,|\n|$)/gy;

function parseRows(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let row: string[] = [];
  FIELD.lastIndex = 0;
  while (FIELD.lastIndex < text.length) {
    const match = FIELD.exec(text);
    if (!match) break;
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    rows.push(row);
    row = [];
  }
  return rows;
}

function toRecord(row: readonly string[]): LogRecord {
  const field = (name: keyof typeof COLUMN) => {
    const value = row[COLUMN[name]];
    return value === undefined || value === '' ? {} : { [name]: value };
  };
  const others = (['role', 'database', 'state', 'statement', 'application'] as const).map(field);
  return Object.assign({ message: row[COLUMN.message] ?? '' }, ...others);
}
