import {
  compareVersions,
  type DataMigrationFact,
  declaredDataMigrations,
  type Facts,
  type Gate,
  isVersion,
} from '../model/index.ts';
import type { PlanRequest } from './plan-request.ts';

type Needed = Pick<DataMigrationFact, 'id' | 'database' | 'release' | 'before'>;

/**
 * The data migrations that a version on the path needs to be complete. Only what was seen to be complete opens such a gate: what nobody has
 * looked at, what did not answer, and what the path jumps over are closed.
 */
export function buildDataMigrationGates(facts: Facts, request: PlanRequest): readonly Gate[] {
  const { current } = facts;
  // Nothing was written by a release of before.
  if (!current) return [];
  const hops = request.hops.filter(({ from, to }) => from !== to);
  const all = listAll(facts);
  const isInstalled = ({ release }: Needed) => compareVersions(release, current.release) <= 0;
  // They share a row of the ledger: the newest release counts, when several declare the same one.
  const installed = new Map(all.filter(isInstalled).map((needed) => [keyOf(needed), needed]));
  return [
    ...[...installed.values()].flatMap((needed) => {
      const hop = hops.find(({ to }) => compareVersions(to, needed.before) >= 0);
      return hop ? [installedGate(facts, needed, hop.to)] : [];
    }),
    ...all.filter((needed) => !isInstalled(needed)).flatMap((needed) => jumpedGates(needed, hops)),
  ];
}

/** Those that were seen, and those that nobody has looked at, in the order of their releases. */
function listAll({ dataMigrations = [], releases }: Facts): readonly Needed[] {
  const last = [...releases.keys()].sort(compareVersions).at(-1);
  const declared =
    last === undefined
      ? []
      : declaredDataMigrations(releases.values(), { upTo: last }).map(
          ({ release, declared: { id, database, before } }): Needed => ({ release, id, database, before }),
        );
  return [...dataMigrations, ...declared]
    .filter(({ before }) => isVersion(before))
    .sort((one, other) => compareVersions(one.release, other.release));
}

function keyOf({ database, id }: Pick<Needed, 'database' | 'id'>): string {
  return `${database}/${id}`;
}

function installedGate({ dataMigrations = [] }: Facts, needed: Needed, version: string): Gate {
  const base = { id: `data-migration:${keyOf(needed)}`, title: titleOf(needed, version) };
  const command = `onward data-migrate run ${needed.id}`;
  const fact = dataMigrations.find((found) => keyOf(found) === keyOf(needed));
  if (!fact) return { ...base, state: 'unknown', evidence: 'nobody could look at it', command };
  const { evidence } = fact;
  if (fact.state === 'unknown') return { ...base, state: 'unknown', evidence, command };
  if (fact.isDualWriteBroken) return { ...base, state: 'closed', evidence, command: 'onward migrate --phase expand' };
  if (fact.state === 'incomplete') return { ...base, state: 'closed', evidence, command };
  return { ...base, state: 'open', evidence };
}

/** Nobody could run it before a hop that leaves out the release which brings it. */
function jumpedGates(needed: Needed, hops: PlanRequest['hops']): readonly Gate[] {
  const { release, before } = needed;
  const over = hops.find(
    ({ from, to }) => compareVersions(to, before) >= 0 && isBehind(release, from) && compareVersions(release, to) < 0,
  );
  if (!over) return [];
  return [
    {
      id: `data-migration:${release}/${keyOf(needed)}`,
      title: titleOf(needed, over.to),
      state: 'closed',
      evidence: `it belongs to ${release}, which the path jumps over`,
      command: `onward upgrade --version ${release}`,
    },
  ];
}

function isBehind(version: string, from: string): boolean {
  return from === 'none' || compareVersions(version, from) > 0;
}

function titleOf({ id }: Needed, version: string): string {
  return `Data migration ${id} is complete, as ${version} needs it`;
}
