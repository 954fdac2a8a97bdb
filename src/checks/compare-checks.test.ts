import { describe, expect, it } from 'vitest';
import type { Check } from '../model/index.ts';
import { compareChecks } from './compare-checks.ts';

const orders: Check = {
  ...{ name: 'orders', kind: 'sql', timeoutMs: 100, database: 'core', query: 'select 1', unchanged: true },
};
const page: Check = {
  ...{ name: 'page', kind: 'http', timeoutMs: 100, method: 'GET', url: 'http://localhost/', headers: {} },
  ...{ expect: {}, unchanged: true },
};
const port: Check = { name: 'port', kind: 'tcp', timeoutMs: 100, host: 'localhost', port: 1 };
const seen = (name: string, value?: string) => ({
  ...{ name, ok: true, evidence: 'fine', durationMs: 1 },
  ...(value === undefined ? {} : { value }),
});

describe('compareChecks()', () => {
  it('has nothing to say when every check is ok and what must not change is as before', () => {
    const before = [seen('orders', '12'), seen('page', 'hello')];
    expect(compareChecks([orders, page, port], { before, now: [...before, seen('port')] })).toEqual([]);
  });

  it('tells a value that has changed, with both values of a query and without the text of an answer', () => {
    const findings = compareChecks([orders, page], {
      before: [seen('orders', '12'), seen('page', 'token-a')],
      now: [seen('orders', '11'), seen('page', 'token-b')],
    });
    expect(findings).toEqual([
      { code: 'checks.changed', severity: 'error', message: 'orders: it was 12 and is 11, and it must not change' },
      {
        code: 'checks.changed',
        severity: 'error',
        message: 'page: its answer is another one than before, and it must not change',
      },
    ]);
  });

  it('takes an unknown earlier value for a change', () => {
    const now = [seen('orders', '12')];
    expect(compareChecks([orders], { before: [], now })[0]?.code).toBe('checks.unknown-before');
    expect(compareChecks([orders], { before: [seen('orders')], now })[0]?.code).toBe('checks.unknown-before');
  });

  it('takes a value that is missing now, or a check that was not observed, for a failure', () => {
    const before = [seen('orders', '12')];
    expect(compareChecks([orders], { before, now: [seen('orders')] })[0]?.code).toBe('checks.not-observed');
    expect(compareChecks([orders], { before, now: [] })[0]?.code).toBe('checks.not-observed');
  });

  it('tells a check that fails now, whatever it was before', () => {
    const now = [{ ...seen('port'), ok: false, evidence: 'connect ECONNREFUSED 127.0.0.1:1' }];
    expect(compareChecks([port], { before: now, now })).toEqual([
      { code: 'checks.failed', severity: 'error', message: 'port: connect ECONNREFUSED 127.0.0.1:1' },
    ]);
  });

  it('does not compare what may change', () => {
    const free: Check = { ...orders, unchanged: false };
    expect(compareChecks([free], { before: [seen('orders', '1')], now: [seen('orders', '2')] })).toEqual([]);
  });
});
