import type { RecordedStatement, SchemasProof } from '../../lint/index.ts';

/** What a record could not see, one line each. */
export function renderMissing(missing: SchemasProof['missing']): readonly string[] {
  return missing.map(({ reason, count }) => `not seen: ${count === null ? '' : `${count} `}${reason}`);
}

/** One line: `queries.json: 214 statements, 1203114 calls`. */
export function describeRecord(file: string, statements: readonly RecordedStatement[]): string {
  const calls = statements.reduce((total, statement) => total + statement.calls, 0);
  const count = statements.length;
  return `${file}: ${count} ${count === 1 ? 'statement' : 'statements'}, ${calls} ${calls === 1 ? 'call' : 'calls'}`;
}
