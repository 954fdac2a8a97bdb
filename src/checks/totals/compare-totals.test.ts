import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Total, TotalRule } from '../../model/index.ts';
import { checkTotalsBefore, compareTotals } from './compare-totals.ts';
import type { TotalObservation } from './observe-totals.ts';

const total = (rule: TotalRule, more: Partial<Total> = {}): Total => ({
  name: 'orders',
  database: 'core',
  queries: [{ from: 'before', query: 'select 1' }],
  rule,
  phases: ['before', 'expand', 'verify'],
  timeoutMs: 1_000,
  declaredBy: 'product',
  ...more,
});
const seen = (value: string | null, kind: 'number' | 'text' = 'number', name = 'orders'): TotalObservation => ({
  ...{ name, durationMs: 1 },
  columns: [{ name: 'cents', kind }],
  rows: [[value]],
});
const keyed = (...rows: readonly (readonly [string, string])[]): TotalObservation => ({
  ...{ name: 'orders', durationMs: 1 },
  columns: [
    { name: 'month', kind: 'text' },
    { name: 'cents', kind: 'number' },
  ],
  rows,
});
const unread: TotalObservation = { name: 'orders', durationMs: 1, problem: 'it took longer', columns: [], rows: [] };

function differencesOf(rule: TotalRule, was: TotalObservation, is: TotalObservation, by?: string): readonly string[] {
  const declared = total(rule, by === undefined ? {} : { by });
  return compareTotals([declared], { before: [was], now: [is] }).map(({ message }) => message);
}

describe('compareTotals()', () => {
  it.each<[string, TotalRule, string, string, boolean]>([
    ['exact', { kind: 'exact' }, '1.50', '1.5', true],
    ['exact', { kind: 'exact' }, '100000000000000000001', '100000000000000000000', false],
    ['not-less', { kind: 'not-less' }, '5', '5', true],
    ['not-less', { kind: 'not-less' }, '9', '10', true],
    ['not-less', { kind: 'not-less' }, '10', '9', false],
    ['within 2', { kind: 'within', amount: '2' }, '-1', '1', true],
    ['within 2', { kind: 'within', amount: '2' }, '-1', '1.01', false],
    ['within 0.5 %', { kind: 'within-percent', percent: '0.5' }, '-200', '-201', true],
    ['within 0.5 %', { kind: 'within-percent', percent: '0.5' }, '-200', '-201.01', false],
    ['within 0.5 %', { kind: 'within-percent', percent: '0.5' }, '0', '0.01', false],
    ['equals 0', { kind: 'equals', value: '0' }, '7', '0.00', true],
    ['equals 0', { kind: 'equals', value: '0' }, '0', '1', false],
  ])('%s: %j from %s to %s holds: %s', (_title, rule, was, is, holds) => {
    expect(differencesOf(rule, seen(was), seen(is)).length === 0).toBe(holds);
  });

  it('compares text by its letters and never as a number', () => {
    const exact: TotalRule = { kind: 'exact' };
    expect(differencesOf(exact, seen('07', 'text'), seen('7', 'text'))).toEqual(['orders: cents was 07 and is 7']);
    expect(differencesOf(exact, seen('7', 'text'), seen('7'))).toHaveLength(1);
    expect(differencesOf({ kind: 'not-less' }, seen('7', 'text'), seen('8', 'text'))).toEqual([
      'orders: cents was 7 and is 8: only numbers can be compared so',
    ]);
    expect(differencesOf(exact, seen(null), seen(null))).toEqual([]);
    expect(differencesOf(exact, seen(null, 'text'), seen('null', 'text'))).toHaveLength(1);
  });

  it('compares row by row, by the key', () => {
    const was = keyed(['2024-01', '10'], ['2024-02', '20']);
    expect(differencesOf({ kind: 'exact' }, was, keyed(['2024-02', '20'], ['2024-01', '10']), 'month')).toEqual([]);
    expect(differencesOf({ kind: 'exact' }, was, keyed(['2024-01', '11'], ['2024-03', '20']), 'month')).toEqual([
      'orders: cents of 2024-02 was 20 and is gone; cents of 2024-01 was 10 and is 11; cents of 2024-03 is 20 and was not there',
    ]);
    expect(differencesOf({ kind: 'not-less' }, was, keyed(...was.rows.map(pair), ['2024-03', '1']), 'month')).toEqual(
      [],
    );
    expect(differencesOf({ kind: 'not-less' }, was, keyed(['2024-01', '10']), 'month')).toHaveLength(1);
    expect(
      differencesOf({ kind: 'within', amount: '9' }, was, keyed(...was.rows.map(pair), ['x', '1']), 'month'),
    ).toHaveLength(1);
  });

  it('tells five differences, and how many more there are', () => {
    const rows = (cents: string) => keyed(...Array.from({ length: 9 }, (_, index) => [`m${index}`, cents] as const));
    const [message = ''] = differencesOf({ kind: 'exact' }, rows('1'), rows('2'), 'month');
    expect(message.match(/ was /g)).toHaveLength(5);
    expect(message).toContain('; and 4 more');
  });

  it('takes what was not read, before or now, for a difference', () => {
    expect(differencesOf({ kind: 'exact' }, unread, seen('1'))).toEqual([
      'orders: it is compared with what was before, and that is not known',
    ]);
    expect(differencesOf({ kind: 'equals', value: '1' }, seen('1'), unread)).toEqual(['orders: it took longer']);
    expect(compareTotals([total({ kind: 'exact' })], { before: [seen('1')], now: [] })).toHaveLength(1);
  });

  it('never passes for a further total, and never for a further column or row', () => {
    const values = fc.constantFrom('0', '1', '1.0', '-1', '100', 'x', null);
    const row = fc.record({ a: values, b: values, kind: fc.constantFrom('number' as const, 'text' as const) });
    const rule = fc.constantFrom<TotalRule>(
      { kind: 'exact' },
      { kind: 'not-less' },
      { kind: 'within', amount: '1' },
      { kind: 'within-percent', percent: '50' },
      { kind: 'equals', value: '1' },
    );
    const observation = (name: string, columns: readonly string[]) =>
      fc.record({ row, isRead: fc.integer({ min: 0, max: 5 }) }).map(({ row: it, isRead }) =>
        isRead === 0
          ? { ...unread, name }
          : {
              ...{ name, durationMs: 1, columns: columns.map((column) => ({ name: column, kind: it.kind })) },
              rows: [columns.map((column) => (column === 'a' ? it.a : it.b))],
            },
      );
    const example = fc.record({
      ...{ first: rule, second: rule, was: observation('one', ['a', 'b']), is: observation('one', ['a', 'b']) },
      ...{ otherWas: observation('two', ['a']), otherIs: observation('two', ['a']) },
    });
    fc.assert(
      fc.property(example, ({ first, second, was, is, otherWas, otherIs }) => {
        const one = total(first, { name: 'one' });
        const two = total(second, { name: 'two' });
        const alone = compareTotals([one], { before: [was], now: [is] });
        const both = compareTotals([one, two], { before: [was, otherWas], now: [is, otherIs] });
        expect(both).toEqual(expect.arrayContaining([...alone]));
        const narrow = (it: TotalObservation) => ({
          ...it,
          columns: it.columns.slice(0, 1),
          rows: it.rows.map((values) => values.slice(0, 1)),
        });
        const fewer = compareTotals([one], { before: [narrow(was)], now: [narrow(is)] });
        if (fewer.length > 0) expect(alone.length).toBeGreaterThan(0);
      }),
    );
  });
});

describe('checkTotalsBefore()', () => {
  const codes = (rule: TotalRule, before: readonly TotalObservation[]) =>
    checkTotalsBefore([total(rule)], before).map(({ code }) => code);

  it('refuses what could not be read, what its rule cannot compare, and a value that does not hold already', () => {
    expect(codes({ kind: 'exact' }, [])).toEqual(['checks.total-unread']);
    expect(codes({ kind: 'exact' }, [unread])).toEqual(['checks.total-unread']);
    expect(codes({ kind: 'not-less' }, [seen(null)])).toEqual(['checks.total-unread']);
    expect(codes({ kind: 'within', amount: '1' }, [seen('NaN')])).toEqual(['checks.total-unread']);
    expect(codes({ kind: 'equals', value: '0' }, [seen('1')])).toEqual(['checks.total-differs']);
  });

  it('has nothing to say of what can be compared', () => {
    expect(codes({ kind: 'exact' }, [seen(null)])).toEqual([]);
    expect(codes({ kind: 'not-less' }, [seen('1e+21')])).toEqual([]);
    expect(codes({ kind: 'equals', value: '0' }, [seen('0.0')])).toEqual([]);
  });
});

function pair(row: readonly (string | null)[]): readonly [string, string] {
  return [row[0] ?? '', row[1] ?? ''];
}
