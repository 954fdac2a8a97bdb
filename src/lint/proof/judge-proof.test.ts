import { describe, expect, it } from 'vitest';
import { judgeProof } from './judge-proof.ts';
import type { ProofReport, ProvenStatement, Verdict } from './report.ts';

function report(statements: readonly ProvenStatement[], minimumCoverage = 0.95): ProofReport {
  const sum = (list: readonly ProvenStatement[]) => list.reduce((calls, statement) => calls + statement.calls, 0);
  const proven = statements.filter(({ verdict }) => verdict.kind !== 'not provable');
  return {
    statements,
    coverage: {
      statements: { proven: proven.length, total: statements.length },
      calls: { proven: sum(proven), total: sum(statements) },
    },
    minimumCoverage,
    durations: { prepareMs: 0, planMs: 0, runMs: 0 },
  };
}

function proven(verdict: Verdict, rest: Partial<ProvenStatement> = {}): ProvenStatement {
  return { sql: 'select a\n  from t', calls: 3, runs: 0, verdict, ...rest };
}

const CAUSE = { file: 'v2/001.sql', line: 4, column: 2, statement: 'alter table t drop column a' };

describe('judgeProof()', () => {
  it('says nothing of statements that are the same', () => {
    expect(judgeProof(report([proven({ kind: 'same' })]), 'queries.json')).toEqual([]);
  });

  it('points a break at the migration that causes it', () => {
    const verdict: Verdict = { kind: 'breaks', sqlState: '42703', message: 'no a', stage: 'prepare', cause: CAUSE };
    expect(judgeProof(report([proven(verdict, { role: 'shop' })]), 'queries.json')).toEqual([
      {
        rule: 'query-breaks',
        class: 'contract',
        severity: 'error',
        source: 'proof',
        ...CAUSE,
        message: 'A statement of the old version fails with 42703: no a (3 calls by shop: select a from t)',
        help: expect.stringMatching(/^Keep/),
      },
    ]);
  });

  it('points at the statement itself where no migration explains it', () => {
    const verdict: Verdict = { kind: 'breaks', sqlState: '23502', message: 'no', stage: 'run', values: ['a', null] };
    const [finding] = judgeProof(report([proven(verdict, { origin: 'log/queries.sql:7' })]), 'queries.json');
    expect(finding).toMatchObject({ file: 'log/queries.sql', line: 7, statement: 'select a from t' });
    expect(finding?.message).toContain(`with the values 'a', null`);
    const [other] = judgeProof(report([proven(verdict)]), 'queries.json');
    expect(other).toMatchObject({ file: 'queries.json', line: 1 });
  });

  it('warns of a changed shape, unless a client reads something else than it was made for', () => {
    const added = { what: 'column added', description: 'b (text) comes last', isBreaking: false } as const;
    const gone = { what: 'column removed', description: 'a is gone', isBreaking: true } as const;
    const severities = [[added], [added, gone]].map((changes) => {
      const isBreaking = changes.length > 1;
      return judgeProof(report([proven({ kind: 'shape changed', changes, isBreaking })]), 'q')[0]?.severity;
    });
    expect(severities).toEqual(['warning', 'error']);
  });

  it('fails when too few calls have a verdict, and names the most frequent statement without one', () => {
    const open: Verdict = { kind: 'not provable', why: 'nobody knows it' };
    const statements = [
      proven({ kind: 'same' }, { calls: 93 }),
      proven(open, { calls: 5, sql: 'call b()' }),
      proven(open, { calls: 2 }),
    ];
    const rules = (minimum: number) =>
      judgeProof(report(statements, minimum), 'q').map(({ rule, severity }) => `${rule} ${severity}`);
    const warnings = ['query-not-provable warning', 'query-not-provable warning'];
    expect(rules(0.93)).toEqual(warnings);
    expect(rules(0.94)).toEqual([...warnings, 'query-coverage error']);
    expect(judgeProof(report(statements), 'q').at(-1)?.message).toBe(
      'Only 93 % of the calls have a verdict, and 95 % must have one: 2 statements are not provable; the most frequent one is call b()',
    );
  });

  it('fails when there is nothing to prove', () => {
    expect(judgeProof(report([]), 'q').map(({ rule, message }) => `${rule}: ${message}`)).toEqual([
      'query-coverage: There is no statement, so nothing is proved',
    ]);
  });
});
