import type { RecordedStatement, SchemasProof } from '../../lint/index.ts';
import { formatCount } from '../../model/index.ts';

/** What a record could not see, one line each. */
export function renderMissing(missing: SchemasProof['missing']): readonly string[] {
  return missing.map(({ reason, count }) => `not seen: ${count === null ? '' : `${count} `}${reason}`);
}

/** One line: `queries.json: 214 statements, 1203114 calls`. */
export function describeRecord(file: string, statements: readonly RecordedStatement[]): string {
  const calls = statements.reduce((total, statement) => total + statement.calls, 0);
  return `${file}: ${formatCount(statements.length, 'statement')}, ${formatCount(calls, 'call')}`;
}
