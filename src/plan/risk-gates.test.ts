import { describe, expect, it } from 'vitest';
import type { ConditionFact, Facts, KnownRisk } from '../model/index.ts';
import type { PlanRequest } from './plan-request.ts';
import { contentOfRisk, riskGates } from './risk-gates.ts';

const RISK: KnownRisk = {
  id: 'slow-vacuum',
  message: 'Vacuum takes hours.',
  url: 'https://shop.example/slow',
  affects: '>=1.1.0',
  fixedIn: '1.3.0',
  when: [{ kind: 'fact', fact: 'server', database: 'core', version: '>=14 <15' }],
};

function gates(hops: PlanRequest['hops'], state?: ConditionFact['state'], more: Partial<PlanRequest> = {}) {
  const risks = new Map(state ? [[RISK.id, { state, evidence: 'the server of core is 14.5' } as const]] : []);
  const facts = { catalog: { risks: [RISK] }, conditions: { stops: new Map(), risks } } as unknown as Facts;
  return riskGates(facts, { requested: '', rollback: 'run', command: '', hops, ...more });
}

describe('riskGates()', () => {
  it('close where the risk applies, with what was seen, the fix, the page and the command', () => {
    expect(gates([{ from: '1.0.0', to: '1.1.0' }], 'applies')).toEqual([
      {
        id: 'risk:slow-vacuum',
        title: 'Risk slow-vacuum of 1.1.0',
        state: 'closed',
        evidence:
          'Vacuum takes hours; it applies here: the server of core is 14.5; 1.3.0 fixes it; https://shop.example/slow',
        command: "onward accept slow-vacuum --reason '...'",
        risk: 'slow-vacuum',
        content: contentOfRisk(RISK),
      },
    ]);
  });

  it('are unknown where it cannot be told, or nobody has looked, and open only where the risk does not apply', () => {
    const hops = [{ from: '1.0.0', to: '1.1.0' }];
    expect(gates(hops, 'unknown')[0]).toMatchObject({ state: 'unknown', risk: 'slow-vacuum' });
    expect(gates(hops)[0]).toMatchObject({ state: 'unknown', evidence: expect.stringContaining('nobody could look') });
    expect(gates(hops, 'does-not-apply')).toEqual([
      {
        id: 'risk:slow-vacuum',
        title: 'Risk slow-vacuum of 1.1.0',
        state: 'open',
        evidence: 'it does not apply: the server of core is 14.5',
      },
    ]);
  });

  it('are one for all releases of the path that have the risk, and none for those that do not', () => {
    const path = ['1.0.0', '1.1.0', '1.2.0', '1.3.0'];
    const hops = path.slice(1).map((to, index) => ({ from: path[index] ?? '', to }));
    expect(gates(hops, 'applies').map(({ title }) => title)).toEqual(['Risk slow-vacuum of 1.1.0, 1.2.0']);
    expect(gates([{ from: '1.2.0', to: '1.3.0' }], 'applies')).toEqual([]);
    expect(gates([{ from: 'none', to: '1.2.0' }], 'applies')).toHaveLength(1);
  });

  it('are none for what is installed again, and for a run that has begun to roll', () => {
    expect(gates([{ from: '1.1.0', to: '1.1.0' }], 'applies')).toEqual([]);
    expect(gates([{ from: '1.0.0', to: '1.1.0' }], 'applies', { isResumed: true, hasRolled: true })).toEqual([]);
    expect(gates([{ from: '1.0.0', to: '1.1.0' }], 'applies', { isResumed: true, hasRolled: false })).toHaveLength(1);
  });
});

describe('contentOfRisk()', () => {
  it('is another one when the text or a condition changes, and the same when more releases turn out to have the risk', () => {
    const same = contentOfRisk(RISK);
    expect(contentOfRisk({ ...RISK, affects: '>=1.0.0', fixedIn: '1.4.0', declaredBy: '1.0.0' })).toBe(same);
    for (const change of [{ message: 'Orders are lost.' }, { url: 'https://shop.example/other' }, { id: 'other' }])
      expect(contentOfRisk({ ...RISK, ...change })).not.toBe(same);
    expect(contentOfRisk({ ...RISK, when: [{ kind: 'always' }] })).not.toBe(same);
    const { when: _, ...always } = RISK;
    expect(contentOfRisk(always)).not.toBe(same);
  });
});
