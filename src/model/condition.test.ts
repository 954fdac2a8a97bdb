import { describe, expect, it } from 'vitest';
import { type ConditionFact, findConditionFact, judgeAll, judgeAny } from './condition.ts';

const applies: ConditionFact = { state: 'applies', evidence: 'yes' };
const not: ConditionFact = { state: 'does-not-apply', evidence: 'no' };
const unknown: ConditionFact = { state: 'unknown', evidence: 'no answer' };

describe('judgeAny()', () => {
  it('applies when one does, is unknown when one is and none applies, and gives their evidence', () => {
    expect(judgeAny([not, unknown, applies])).toEqual(applies);
    expect(judgeAny([not, unknown, unknown])).toEqual({ state: 'unknown', evidence: 'no answer; no answer' });
    expect(judgeAny([not, not])).toEqual({ state: 'does-not-apply', evidence: 'no; no' });
  });

  it('knows nothing of nothing', () => {
    expect(judgeAny([]).state).toBe('unknown');
    expect(judgeAll([]).state).toBe('unknown');
  });
});

describe('judgeAll()', () => {
  it('applies when all do; what does not apply decides, then what is unknown', () => {
    expect(judgeAll([applies, unknown, not]).state).toBe('does-not-apply');
    expect(judgeAll([applies, unknown]).state).toBe('unknown');
    expect(judgeAll([applies, applies]).state).toBe('applies');
  });
});

describe('findConditionFact()', () => {
  it('applies without conditions, and is unknown where nobody has looked', () => {
    expect(findConditionFact(undefined, undefined, 'x').state).toBe('applies');
    expect(findConditionFact([{ kind: 'always' }], undefined, 'x').state).toBe('unknown');
    expect(findConditionFact([{ kind: 'always' }], new Map([['x', not]]), 'y').state).toBe('unknown');
    expect(findConditionFact([{ kind: 'always' }], new Map([['x', not]]), 'x')).toEqual(not);
  });
});
