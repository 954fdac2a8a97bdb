import type { TextFinding } from './layout.ts';

const COPY_ROWS = /^[ \t]*copy\b[^;]{0,10000}\bfrom\s+stdin\b[^;]{0,10000};[^\n]*\n/gim;

/**
 * The rows that stand behind a `COPY … FROM stdin;`, which psql would send, up to the `\.`. Asked only when a text could not be parsed, for
 * what starts before the mistake: rows are hardly ever SQL.
 */
export function findCopyRows(
  text: string,
  at: number,
  before: number,
): { readonly from: number; readonly to: number } | undefined {
  for (const found of text.slice(at, before).matchAll(COPY_ROWS)) {
    const from = at + found.index + found[0].length;
    const end = /^\\\.[ \t]*\r?$/m.exec(text.slice(from));
    if (!end) return undefined;
    const to = from + end.index + end[0].length;
    if (text.slice(from, to).trim() !== '') return { from, to };
  }
  return undefined;
}

/** What to do instead of a command of psql. */
const INSTEAD: Readonly<Record<string, string>> = {
  '\\restrict':
    'Remove the line, and \\unrestrict with it: pg_dump writes both for psql alone, and they change no schema.',
  '\\unrestrict':
    'Remove the line, and \\restrict with it: pg_dump writes both for psql alone, and they change no schema.',
  '\\i': 'Put the text of the included file here, or make it a migration of its own.',
  '\\ir': 'Put the text of the included file here, or make it a migration of its own.',
  '\\include': 'Put the text of the included file here, or make it a migration of its own.',
  '\\include_relative': 'Put the text of the included file here, or make it a migration of its own.',
  '\\copy': 'Write the rows as INSERT statements: a migration has no client whose files it could read.',
  '\\.': 'Write the rows before it as INSERT statements.',
  '\\set': 'Write the value where the variable is used.',
  '\\unset': 'Write the value where the variable is used.',
  '\\gset': 'Compute the value inside of the statement that needs it, such as with a subquery.',
  '\\gexec': 'Run the made statements in a DO block with EXECUTE, or write them out.',
  '\\c': 'Put the statements for the other database in a migration of that database.',
  '\\connect': 'Put the statements for the other database in a migration of that database.',
  '\\if': 'Ask inside of SQL instead: IF EXISTS, IF NOT EXISTS or a DO block.',
  '\\elif': 'Ask inside of SQL instead: IF EXISTS, IF NOT EXISTS or a DO block.',
  '\\else': 'Ask inside of SQL instead: IF EXISTS, IF NOT EXISTS or a DO block.',
  '\\endif': 'Ask inside of SQL instead: IF EXISTS, IF NOT EXISTS or a DO block.',
  '\\!': 'Remove the line: a migration runs no program.',
  '\\echo': 'Remove the line, or use RAISE NOTICE in a DO block.',
  '\\timing': 'Remove the line.',
  '\\q': 'Remove the line, and what stands behind it.',
};

/** The finding for a line that starts with a backslash. */
export function describeMetaCommand(line: string, offset: number): TextFinding {
  const command = /^\\(?:[A-Za-z_]+|\S)/.exec(line)?.[0] ?? '\\';
  return {
    rule: 'psql-command',
    class: 'discipline',
    severity: 'error',
    offset,
    message: `${command} is a command of psql, not SQL: a migration tool sends it to the server, which refuses it`,
    help: INSTEAD[command] ?? 'Remove the line, or say the same in SQL.',
  };
}
