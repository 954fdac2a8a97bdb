import type { LintFinding, ProofReport, Verdict } from '../../lint/index.ts';

/** What a proof found, errors first, and one line that sums it up. */
export function renderProof(report: ProofReport, findings: readonly LintFinding[]): string {
  const sorted = [...findings].sort((a, b) => Number(b.severity === 'error') - Number(a.severity === 'error'));
  const lines = sorted.flatMap(({ severity, rule, message, help }) => [
    `${severity}  ${message}  (${rule})`,
    `    ${help}`,
  ]);
  return [...lines, ...(lines.length > 0 ? [''] : []), `${describeProof(report)}\n`].join('\n');
}

/** `214 statements: 210 the same, 2 break, 1 changes its shape, 1 not provable; 99.9 % of the calls have a verdict.` */
function describeProof({ statements, coverage }: ProofReport): string {
  const count = (kind: Verdict['kind']) => statements.filter(({ verdict }) => verdict.kind === kind).length;
  const [breaks, changed, open] = [count('breaks'), count('shape changed'), count('not provable')];
  const { proven, total } = coverage.calls;
  // Never rounded up: all but one call is not all.
  const percent = total === 0 ? 100 : Math.floor((1000 * proven) / total) / 10;
  return [
    `${statements.length} ${statements.length === 1 ? 'statement' : 'statements'}: ${count('same')} the same, `,
    `${breaks} ${breaks === 1 ? 'breaks' : 'break'}, ${changed} ${changed === 1 ? 'changes its' : 'change their'} shape, `,
    `${open} not provable; ${percent} % of the calls have a verdict.`,
  ].join('');
}
