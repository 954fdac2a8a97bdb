import { describe, expect, it } from 'vitest';
import { chooseTotalQuery, isReadAt, mergeTotals, type Total } from './total.ts';

const total = (name: string, more: Partial<Total> = {}): Total => ({
  ...{ name, database: 'core', queries: [{ from: 'before', query: name }], rule: { kind: 'exact' } },
  ...{ phases: ['expand', 'data', 'verify'], timeoutMs: 1_000, declaredBy: 'product' },
  ...more,
});
const moves = (...queries: readonly (readonly [Total['queries'][number]['from'], string])[]): Partial<Total> => ({
  queries: queries.map(([from, query]) => ({ from, query })),
});

describe('chooseTotalQuery()', () => {
  it('takes the query of the shape that is there', () => {
    const moved = total('a', moves(['before', 'old'], ['data', 'new']));
    expect(
      (['before', 'expand', 'roll', 'data', 'verify', 'contract'] as const).map((at) => chooseTotalQuery(moved, at)),
    ).toEqual(['old', 'old', 'old', 'new', 'new', 'new']);
  });
});

describe('isReadAt()', () => {
  it('reads what is compared before as well, and what must have a value only where it must', () => {
    expect(isReadAt(total('a'), 'before')).toBe(true);
    expect(isReadAt(total('a'), 'roll')).toBe(false);
    expect(isReadAt(total('a', { rule: { kind: 'equals', value: '0' } }), 'before')).toBe(false);
  });
});

describe('mergeTotals()', () => {
  const merge = (...releases: readonly (readonly Total[])[]) => mergeTotals(releases.map((totals) => ({ totals })));

  it('takes the totals of the target, and what a release on the way must keep by itself', () => {
    const own = total('own', { declaredBy: 'release' });
    expect(merge([total('dropped'), own], [total('kept')]).map(({ name }) => name)).toEqual(['own', 'kept']);
    expect(mergeTotals([{}, {}])).toEqual([]);
  });

  it('reads one that several declare as the first says before, and as the later ones say once their shape is there', () => {
    const queriesOf = (...releases: readonly Partial<Total>[]) =>
      merge(...releases.map((more) => [total('a', more)]))[0]?.queries.map(({ from, query }) => `${from} ${query}`);
    expect(queriesOf(moves(['before', 'json'], ['data', 'lines']), moves(['before', 'lines']))).toEqual([
      'before json',
      'data lines',
    ]);
    expect(
      queriesOf(moves(['before', 'json'], ['data', 'lines']), moves(['before', 'lines'], ['postdeploy', 'rows'])),
    ).toEqual(['before json', 'data lines', 'postdeploy rows']);
    expect(
      queriesOf(moves(['before', 'json'], ['postdeploy', 'lines']), moves(['before', 'lines'], ['data', 'rows'])),
    ).toEqual(['before json', 'data rows']);
  });

  it('goes by the rule of the last one', () => {
    const [merged] = merge([total('a')], [total('a', { rule: { kind: 'not-less' } })]);
    expect(merged?.rule).toEqual({ kind: 'not-less' });
  });
});
