import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCatalog, anyRange, anyStop } from '../../test/support/catalogs.ts';
import {
  type Catalog,
  type Condition,
  type ConditionFact,
  type ConditionFacts,
  type Facts,
  findConditionFact,
  isPassable,
  type KnownRisk,
  listRisksOf,
  sortVersions,
} from '../model/index.ts';
import { choosePath } from './path.ts';
import { buildPathGraph, type PathRequest } from './path-graph.ts';
import { riskGates } from './risk-gates.ts';

const seed = Date.now() % 2 ** 31;
const limits = { seed, numRuns: 300 };

const WHEN: readonly Condition[] = [{ kind: 'always' }];
const anyFact: fc.Arbitrary<ConditionFact> = fc
  .constantFrom('applies', 'does-not-apply', 'unknown')
  .map((state) => ({ state: state as ConditionFact['state'], evidence: 'seen' }));
const sometimesWhen = fc.boolean().map((has) => (has ? { when: WHEN } : {}));

const anyRisks: fc.Arbitrary<readonly KnownRisk[]> = fc
  .uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), anyRange, sometimesWhen), {
    maxLength: 4,
    selector: ([id]) => id,
  })
  .map((risks) => risks.map(([id, affects, when]) => ({ id, affects, message: 'It breaks.', ...when })));

/** A catalog whose stops and risks have conditions here and there, two of its releases, and what was found of every condition. */
const anyRequest = fc
  .tuple(anyCatalog, anyRisks, fc.nat(), fc.nat(), fc.array(anyFact, { minLength: 20, maxLength: 20 }), fc.boolean())
  .map(([catalog, risks, a, b, facts, isConditional]) => {
    const releases = catalog.releases.map((entry) => ({
      ...entry,
      stops: entry.stops.map((stop) => (isConditional ? { ...stop, when: WHEN } : stop)),
    }));
    const pick = (index: number) => releases[index % releases.length]?.version ?? '';
    const [from = '', to = ''] = sortVersions([pick(a), pick(b)]);
    const next = (index: number) => facts[index % facts.length] ?? { state: 'unknown', evidence: '' };
    const conditions: ConditionFacts = {
      stops: new Map(
        releases.flatMap(({ version, stops }, index) =>
          stops.map(({ id }) => [`${version}/${id}`, next(index)] as const),
        ),
      ),
      risks: new Map(risks.map(({ id }, index) => [id, next(12 + index)])),
    };
    return { catalog: { ...catalog, releases, risks }, from, to, toolVersion: '1.5.0', conditions };
  });

type Known = PathRequest & { readonly conditions: ConditionFacts };

function listEdges(request: PathRequest): readonly string[] {
  const { versions, hasEdge } = buildPathGraph(request);
  return versions.flatMap((from, a) => versions.flatMap((to, b) => (hasEdge(a, b) ? [`${from} -> ${to}`] : [])));
}

/** The risk gates that stand in the way of going through these releases. */
function listShut({ catalog, conditions }: Pick<Known, 'catalog' | 'conditions'>, path: readonly string[]) {
  const hops = path.slice(1).map((to, index) => ({ from: path[index] ?? '', to }));
  const gates = riskGates({ catalog, conditions } as Facts, { hops, requested: '', rollback: 'run', command: '' });
  return gates.filter((gate) => !isPassable(gate)).map(({ id }) => id);
}

/** The same world, of which less could be seen. */
function forget(conditions: ConditionFacts, dropped: readonly boolean[]): ConditionFacts {
  const some = (facts: ReadonlyMap<string, ConditionFact>) =>
    new Map(
      [...facts].flatMap(([key, fact], index) => {
        const kind = index % 3;
        if (!dropped[index % dropped.length]) return [[key, fact] as const];
        return kind === 0
          ? []
          : [[key, { state: 'unknown', evidence: 'the database cannot be reached' } as const] as const];
      }),
    );
  return { stops: some(conditions.stops), risks: some(conditions.risks) };
}

describe(`conditions of stops and risks (seed ${seed})`, () => {
  it('open no upgrade and no gate when less can be seen', () => {
    fc.assert(
      fc.property(anyRequest, fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }), (request, dropped) => {
        const blind = { ...request, conditions: forget(request.conditions, dropped) };
        const before = listEdges(request);
        for (const edge of listEdges(blind)) expect(before).toContain(edge);
        const path = request.catalog.releases.map(({ version }) => version);
        expect(listShut(blind, path)).toEqual(expect.arrayContaining(listShut(request, path)));
      }),
      limits,
    );
  });

  it('open no upgrade when a stop is added, whatever its conditions are', () => {
    fc.assert(
      fc.property(anyRequest, anyStop, fc.nat(), anyFact, (request, stop, index, fact) => {
        const at = index % request.catalog.releases.length;
        const version = request.catalog.releases[at]?.version;
        const releases = request.catalog.releases.map((entry, position) =>
          position === at ? { ...entry, stops: [...entry.stops, { ...stop, id: 'added', when: WHEN }] } : entry,
        );
        const stops = new Map([...request.conditions.stops, [`${version}/added`, fact] as const]);
        const narrowed = {
          ...request,
          catalog: { ...request.catalog, releases },
          conditions: { ...request.conditions, stops },
        };
        const before = listEdges(request);
        for (const edge of listEdges(narrowed)) expect(before).toContain(edge);
        if (fact.state === 'does-not-apply') expect(listEdges(narrowed)).toEqual(before);
      }),
      limits,
    );
  });

  it('open no gate when a risk is added', () => {
    fc.assert(
      fc.property(anyRequest, anyRange, anyFact, (request, affects, fact) => {
        const added: KnownRisk = { id: 'added', message: 'It breaks.', affects, when: WHEN };
        const catalog: Catalog = { ...request.catalog, risks: [...request.catalog.risks, added] };
        const risks = new Map([...request.conditions.risks, ['added', fact] as const]);
        const path = request.catalog.releases.map(({ version }) => version);
        const after = listShut({ catalog, conditions: { ...request.conditions, risks } }, path);
        expect(after).toEqual(expect.arrayContaining(listShut(request, path)));
      }),
      limits,
    );
  });

  it('leave a way wherever there is one without risks', () => {
    fc.assert(
      fc.property(anyRequest, (request) => {
        const { risks: _, ...harmless } = request.catalog;
        expect(choosePath(request).kind).toBe(choosePath({ ...request, catalog: harmless }).kind);
      }),
      limits,
    );
  });

  it('lead through as few releases with a risk as any way does', () => {
    let ways = 0;
    fc.assert(
      fc.property(anyRequest, (request) => {
        const result = choosePath(request);
        if (result.kind === 'none') return;
        ways += 1;
        const isRisky = (version: string) =>
          listRisksOf(request.catalog.risks, version).some(
            ({ id, when }) => findConditionFact(when, request.conditions.risks, id).state !== 'does-not-apply',
          );
        const passed = result.hops.slice(0, -1).map(({ to }) => to);
        expect(passed.filter(isRisky).length).toBe(fewestRisks(request, isRisky));
      }),
      limits,
    );
    // What leads nowhere shows nothing.
    expect(ways).toBeGreaterThan(20);
  });
});

/** By settling every release with the fewest that lie on any way to it. */
function fewestRisks(request: PathRequest, isRisky: (version: string) => boolean): number | undefined {
  const { versions, hasEdge } = buildPathGraph(request);
  const fewest = new Map([[request.from, 0]]);
  for (const [b, to] of versions.entries()) {
    for (const [a, from] of versions.entries()) {
      const known = fewest.get(from);
      if (a >= b || known === undefined || !hasEdge(a, b)) continue;
      const passed = known + (from !== request.from && isRisky(from) ? 1 : 0);
      fewest.set(to, Math.min(passed, fewest.get(to) ?? Number.POSITIVE_INFINITY));
    }
  }
  return fewest.get(request.to);
}
