import type { TextFinding } from './layout.ts';
import type { Failure } from './parse-piece.ts';

/** Lines of psql in one file after which the rest is not read. */
export const MOST_PSQL_LINES = 20;

/** The finding for what cannot be read; but for a statement that is nested too deeply, nothing behind it is. */
export function unreadable(
  kind: Failure['kind'] | 'large' | 'deep-statement',
  { offset, message = '' }: { readonly offset: number; readonly message?: string },
): TextFinding {
  const base = { class: 'unanalysed', severity: 'error', offset } as const;
  const rest = 'nothing behind it in this file was read';
  switch (kind) {
    case 'deep':
      return {
        ...base,
        rule: 'nested-too-deeply',
        message: `the parser cannot follow an expression that is nested this deeply; ${rest}`,
        help: 'Split the expression, or put its rows into several statements.',
      };
    case 'deep-statement':
      return {
        ...base,
        rule: 'nested-too-deeply',
        message: 'an expression in this statement is nested so deeply that it was not analysed',
        help: 'Split the expression.',
      };
    case 'large':
      return {
        ...base,
        rule: 'large-statement',
        message: `the statement, or a literal in it, does not end within 4 MB; ${rest}`,
        help: 'Close the literal, or write the rows as several statements.',
      };
    case 'meta':
      return {
        ...base,
        rule: 'psql-command',
        message: `the file holds more than ${MOST_PSQL_LINES} commands of psql; ${rest}`,
        help: 'Write it as SQL alone: this is a script for psql.',
      };
    case 'unfinished':
      return {
        ...base,
        rule: 'syntax-error',
        message: `Postgres cannot read this: ${message}; ${rest}`,
        help: message.startsWith('unterminated')
          ? 'Close it: everything up to the end of the file is inside of it.'
          : 'Finish the last statement.',
      };
    case 'syntax':
      return {
        ...base,
        rule: 'syntax-error',
        message: `Postgres cannot read this: ${message}; ${rest}`,
        help: 'Mend the statement.',
      };
  }
}
