import { type LintFinding, shortenStatement } from '../finding.ts';
import { type ProofReport, type ProvenStatement, shareOf } from './report.ts';

/**
 * What a proof found, as findings. One that a migration explains points there; the others at `queries`, the file that the statements came
 * from, or at the place that the statement names.
 */
export function judgeProof(report: ProofReport, queries: string): readonly LintFinding[] {
  const findings = report.statements.flatMap((proven) => judgeStatement(proven, queries));
  return [...findings, ...judgeCoverage(report, queries)];
}

function judgeStatement(proven: ProvenStatement, queries: string): readonly LintFinding[] {
  const { verdict } = proven;
  const sent = `${describeCalls(proven)}: ${shortenStatement(proven.sql)}`;
  switch (verdict.kind) {
    case 'same':
      return [];
    case 'breaks':
      return [
        {
          rule: 'query-breaks',
          class: 'contract',
          severity: 'error',
          ...placeOf(proven, queries),
          message: `A statement of the old version fails with ${verdict.sqlState}: ${verdict.message}${describeValues(verdict.values)} (${sent})`,
          help: 'Keep what it needs until no old version runs: move this to the contract phase, or add the new shape beside the old one.',
        },
      ];
    case 'shape changed':
      return [
        {
          rule: 'query-shape-changed',
          class: 'contract',
          severity: verdict.isBreaking ? 'error' : 'warning',
          ...placeOf(proven, queries),
          message: `A statement of the old version gives or takes something else: ${verdict.changes.map(({ description }) => description).join('; ')} (${sent})`,
          help: verdict.isBreaking
            ? 'Add a new column beside the old one, and remove the old one in the contract phase.'
            : 'Check that the old version reads columns by name, and that its connections can prepare the statement anew.',
        },
      ];
    case 'not provable':
      return [
        {
          rule: 'query-not-provable',
          class: 'unanalysed',
          severity: 'warning',
          ...placeOf(proven, queries),
          message: `Could not tell whether a statement of the old version still works: ${verdict.why} (${sent})`,
          help: 'Give the statement "values" with which it succeeds, correct it in the file of statements, or try it by hand.',
        },
      ];
  }
}

function judgeCoverage(report: ProofReport, queries: string): readonly LintFinding[] {
  const message = describeGap(report);
  if (message === undefined) return [];
  const place = { file: queries, line: 1, column: 1, statement: '', source: 'proof' } as const;
  return [
    {
      rule: 'query-coverage',
      class: 'unanalysed',
      severity: 'error',
      ...place,
      message,
      help: 'Record what the application sends, and look at the statements that are not provable: give them values, or remove what it does not send.',
    },
  ];
}

/** What is missing for the proof to count; `undefined` when nothing is. */
function describeGap({ coverage, minimumCoverage, statements }: ProofReport): string | undefined {
  if (statements.length === 0) return minimumCoverage > 0 ? 'There is no statement, so nothing is proved' : undefined;
  const share = shareOf(coverage.calls);
  if (share >= minimumCoverage) return undefined;
  const open = statements.filter(({ verdict }) => verdict.kind === 'not provable');
  const [worst] = [...open].sort((a, b) => b.calls - a.calls);
  const most = worst ? `; the most frequent one is ${shortenStatement(worst.sql)}` : '';
  return `Only ${formatPercent(share)} of the calls have a verdict, and ${formatPercent(minimumCoverage)} must have one: ${open.length} ${open.length === 1 ? 'statement is' : 'statements are'} not provable${most}`;
}

function placeOf(
  { verdict, origin, sql }: ProvenStatement,
  queries: string,
): Pick<LintFinding, 'file' | 'line' | 'column' | 'statement' | 'source'> {
  const cause = 'cause' in verdict ? verdict.cause : undefined;
  if (cause) return { ...cause, source: 'proof' };
  const [, file = queries, line = '1'] = /^(.+):(\d+)$/.exec(origin ?? '') ?? [];
  return { file, line: Number(line), column: 1, statement: shortenStatement(sql), source: 'proof' };
}

function describeCalls({ calls, role }: ProvenStatement): string {
  return `${calls} ${calls === 1 ? 'call' : 'calls'}${role === undefined ? '' : ` by ${role}`}`;
}

const MAX_VALUES = 120;

function describeValues(values: readonly (string | null)[] | undefined): string {
  if (values === undefined || values.length === 0) return '';
  const text = values.map((value) => (value === null ? 'null' : `'${value}'`)).join(', ');
  return `, with the values ${text.length <= MAX_VALUES ? text : `${text.slice(0, MAX_VALUES - 1)}…`}`;
}

/** Never rounded up: 99.96 % is not all. */
function formatPercent(share: number): string {
  return `${Math.floor(share * 1000) / 10} %`;
}
