import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataMigrationFact, Facts, Gate, Release, SqlDataMigration } from '../model/index.ts';
import { buildDataMigrationGates } from './data-migration-gates.ts';
import type { PlanRequest } from './plan-request.ts';

const seed = Date.now() % 2 ** 31;
const limits = { seed, numRuns: 500 };

const VERSIONS = ['1.0.0', '1.1.0', '1.2.0', '2.0.0', '2.1.0', '3.0.0'] as const;
const anyVersion = fc.constantFrom(...VERSIONS);
const anyId = fc.constantFrom('names', 'totals', 'lines');
const anyBefore = fc.constantFrom('postdeploy', 'contract', ...VERSIONS);

interface Requirement {
  readonly release: string;
  readonly id: string;
  readonly before: string;
}

const anyRequirement: fc.Arbitrary<Requirement> = fc.record({ release: anyVersion, id: anyId, before: anyBefore });

const anyFact: fc.Arbitrary<DataMigrationFact> = fc
  .record({
    release: anyVersion,
    id: anyId,
    before: anyBefore,
    state: fc.constantFrom('completed', 'incomplete', 'unknown'),
    isBroken: fc.boolean(),
  })
  .map(({ isBroken, ...fact }) => ({
    ...fact,
    database: 'core',
    evidence: 'seen',
    ...(isBroken ? { isDualWriteBroken: true as const } : {}),
  }));

interface World {
  readonly required: readonly Requirement[];
  readonly seen: readonly DataMigrationFact[];
  readonly current: string;
  readonly path: readonly string[];
}

const anyWorld: fc.Arbitrary<World> = fc
  .record({
    required: fc.array(anyRequirement, { maxLength: 5 }),
    seen: fc.uniqueArray(anyFact, { maxLength: 4, selector: ({ id }) => id }),
    current: fc.constantFrom('1.0.0', '1.1.0', '1.2.0'),
    path: fc.subarray([...VERSIONS], { minLength: 1 }),
  })
  .map((world) => ({
    ...world,
    path: world.path.filter((version) => version > world.current),
    seen: world.seen.filter(({ release }) => release <= world.current),
  }));

function declare({ id, before }: Requirement): SqlDataMigration {
  return {
    kind: 'sql',
    id,
    before,
    database: 'core',
    table: 't',
    key: ['id'],
    change: { kind: 'update', set: 'a = 1' },
    where: 'a = 0',
    verify: 'select 0',
    batch: { rows: 1, targetMs: 1 },
  };
}

function gatesOf({ required, seen, current, path }: World): readonly Gate[] {
  const releases = new Map(
    VERSIONS.map((version) => [
      version,
      {
        version,
        dataMigrations: required.filter(({ release }) => release === version).map(declare),
      } as unknown as Release,
    ]),
  );
  const facts = { current: { release: current }, releases, dataMigrations: seen } as unknown as Facts;
  const hops = path.map((to, index) => ({ from: path[index - 1] ?? current, to }));
  return buildDataMigrationGates(facts, { hops } as unknown as PlanRequest);
}

/** Every gate that was shut is still there, and still shut. */
function staysShut(before: readonly Gate[], after: readonly Gate[]): boolean {
  return before
    .filter(({ state }) => state !== 'open')
    .every(({ id }) => after.some((gate) => gate.id === id && gate.state !== 'open'));
}

describe(`gates of data migrations (seed ${seed})`, () => {
  it('open only for what was seen to be complete, with its trigger in place', () => {
    fc.assert(
      fc.property(anyWorld, (world) => {
        for (const gate of gatesOf(world).filter(({ state }) => state === 'open')) {
          const fact = world.seen.find(({ id, database }) => gate.id === `data-migration:${database}/${id}`);
          expect(fact).toMatchObject({ state: 'completed' });
          expect(fact?.isDualWriteBroken).toBe(undefined);
        }
      }),
      limits,
    );
  });

  it('never open when less is known', () => {
    fc.assert(
      fc.property(anyWorld, fc.nat(), (world, at) => {
        const index = at % Math.max(1, world.seen.length);
        const lost = {
          ...world,
          seen: world.seen.map((fact, n) => (n === index ? { ...fact, state: 'unknown' as const } : fact)),
        };
        expect(staysShut(gatesOf(world), gatesOf(lost))).toBe(true);
        expect(gatesOf(lost).filter(({ state }) => state === 'open').length).toBeLessThanOrEqual(
          gatesOf(world).filter(({ state }) => state === 'open').length,
        );
      }),
      limits,
    );
  });

  it('never open for one more requirement', () => {
    fc.assert(
      fc.property(anyWorld, anyRequirement, (world, more) => {
        // A newer release may say of the same data migration that it is needed later.
        fc.pre(!world.required.some(({ id }) => id === more.id) && !world.seen.some(({ id }) => id === more.id));
        const wider = { ...world, required: [...world.required, more] };
        expect(staysShut(gatesOf(world), gatesOf(wider))).toBe(true);
      }),
      limits,
    );
  });
});

describe('buildDataMigrationGates()', () => {
  const required = [{ release: '1.1.0', id: 'names', before: '2.0.0' }];
  const fact: DataMigrationFact = {
    ...required[0],
    id: 'names',
    release: '1.1.0',
    before: '2.0.0',
    database: 'core',
    state: 'incomplete',
    evidence: 'it is paused',
  };
  const world: World = { required, seen: [fact], current: '1.2.0', path: ['2.0.0'] };

  it('closes the gate of every target from that version on, with the command that opens it', () => {
    for (const path of [['2.0.0'], ['2.1.0'], ['2.0.0', '3.0.0']])
      expect(gatesOf({ ...world, path })).toEqual([
        {
          id: 'data-migration:core/names',
          title: `Data migration names is complete, as ${path[0]} needs it`,
          state: 'closed',
          evidence: 'it is paused',
          command: 'onward data-migrate run names',
        },
      ]);
    expect(gatesOf({ ...world, current: '1.1.0', path: ['1.2.0'] })).toEqual([]);
    expect(gatesOf({ ...world, seen: [{ ...fact, state: 'completed' }] })).toMatchObject([{ state: 'open' }]);
  });

  it('counts what nobody has looked at as unknown', () => {
    expect(gatesOf({ ...world, seen: [] })).toMatchObject([{ state: 'unknown' }]);
  });

  it('goes by the release that runs when the target declares the same one anew', () => {
    const anew = [...required, { release: '2.0.0', id: 'names', before: '3.0.0' }];
    expect(gatesOf({ ...world, required: anew })).toMatchObject([{ state: 'closed' }]);
  });

  it('is closed for a path that jumps over the release which brings it', () => {
    const jumping = { ...world, seen: [], current: '1.0.0' };
    expect(gatesOf(jumping)).toMatchObject([{ state: 'closed', command: 'onward upgrade --version 1.1.0' }]);
    expect(gatesOf({ ...jumping, path: ['1.1.0', '2.0.0'] })).toEqual([]);
  });
});
