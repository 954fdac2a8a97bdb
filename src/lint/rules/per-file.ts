import type { SqlStatement } from '../../system/index.ts';

/** Makes an answer about all statements of a file be worked out once: a rule is asked for each of a hundred thousand. */
export function perFile<T>(
  compute: (statements: readonly SqlStatement[]) => T,
): (statements: readonly SqlStatement[]) => T {
  const known = new WeakMap<readonly SqlStatement[], { readonly answer: T }>();
  return (statements) => {
    const before = known.get(statements);
    if (before) return before.answer;
    const answer = compute(statements);
    known.set(statements, { answer });
    return answer;
  };
}
