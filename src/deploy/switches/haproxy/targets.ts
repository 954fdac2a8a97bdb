import type { SwitchTarget, TargetState } from '../switch.ts';
import type { BackendFacts, ServerFact } from './facts.ts';
import { GATE, instanceOf, isStandbyEntry } from './names.ts';

/** The targets that the servers of a backend make up, by id. Entries that are taken out and only finish what they have are none. Pure. */
export function buildTargets({ servers }: BackendFacts): readonly (SwitchTarget & { readonly inFlight: number })[] {
  const ids = new Set(servers.filter(({ name }) => name !== GATE).map(({ name }) => instanceOf(name)));
  return [...ids].sort().flatMap((id) => {
    const entries = servers.filter(({ name }) => instanceOf(name) === id);
    const found = entries
      .flatMap((entry) => {
        const state = stateOf(entry);
        return state === undefined ? [] : [{ entry, state }];
      })
      .sort((a, b) => RANK.indexOf(a.state) - RANK.indexOf(b.state))[0];
    if (!found) return [];
    const { address, weight } = found.entry;
    const inFlight = entries.reduce((sum, entry) => sum + entry.inFlight, 0);
    return [{ id, address, weight, state: found.state, inFlight }];
  });
}

export function isGateOpen({ servers }: BackendFacts): boolean {
  return servers.some((server) => server.name === GATE && !server.isOut);
}

/**
 * The targets with what earlier processes can still send them: what is in flight there, and, to the active ones that such a process
 * knows, one request on each connection that it keeps open. A target that only an earlier process has is draining. Pure.
 */
export function buildAllTargets(
  facts: BackendFacts,
  earlier: readonly BackendFacts[],
): readonly (SwitchTarget & { readonly inFlight: number })[] {
  const found = new Map(buildTargets(facts).map((target) => [target.id, target]));
  for (const process of earlier) {
    for (const target of buildTargets(process)) {
      const inFlight = target.state === 'active' ? Math.max(target.inFlight, process.connections) : target.inFlight;
      if (inFlight === 0) continue;
      const known = found.get(target.id) ?? { ...target, state: 'draining', inFlight: 0 };
      found.set(target.id, { ...known, inFlight: known.inFlight + inFlight });
    }
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Where both entries of an instance could get something, in the middle of a change. */
const RANK: readonly TargetState[] = ['active', 'standby', 'draining'];

function stateOf(server: ServerFact): TargetState | undefined {
  if (isStandbyEntry(server.name)) return server.isOut ? undefined : 'standby';
  if (server.isOut) return undefined;
  return server.isDraining ? 'draining' : 'active';
}
