import {
  compareVersions,
  type Finding,
  findConditionFact,
  type KnownRisk,
  listRisksByVersion,
} from '../model/index.ts';
import { describeAvoided, describeStops } from './condition-findings.ts';
import { checkEnds, explainNoPath } from './path-findings.ts';
import { type Blocker, buildPathGraph, type PathGraph, type PathRequest } from './path-graph.ts';

/** One upgrade of a path. `stop` says why the path stops at `to`; the last hop has none. */
export interface PathHop {
  readonly from: string;
  readonly to: string;
  readonly stop?: { readonly id: string; readonly reason: string };
}

export type PathResult =
  /** The findings say which stops with conditions count and which do not, and which releases the path goes around. */
  | { readonly kind: 'path'; readonly hops: readonly PathHop[]; readonly findings: readonly Finding[] }
  | { readonly kind: 'none'; readonly findings: readonly Finding[] };

/**
 * The upgrades that lead from one release to another: through as few releases as possible that a risk applies to, then with the fewest
 * hops; among those the one through most versions that stops prefer, then through the highest ones. No path is a value too: its findings say every reason and the next command.
 *
 * A release can be reached directly from an older one when it is not withdrawn, accepts it (`upgradeFrom`) and the tool
 * (`requiresTool`), no stop that counts and is declared in between is left unpassed, and no minor line (or major, by the product's rules) that exists
 * is skipped. Prereleases are passed through only when the path starts or ends at one, and count as lines only then.
 */
export function choosePath(request: PathRequest): PathResult {
  const { from, to } = request;
  if (compareVersions(from, to) === 0) return { kind: 'path', hops: [], findings: [] };
  const unusable = checkEnds(request);
  if (unusable.length > 0) return { kind: 'none', findings: unusable };
  const graph = buildPathGraph(request);
  const start = graph.versions.indexOf(from);
  const target = graph.versions.indexOf(to);
  const risky = listRisky(request, graph.versions);
  const search = { start, target, risky, preferred: listPreferred(graph, start, target) };
  const nodes = findBest(graph, search);
  if (!nodes)
    return { kind: 'none', findings: explainNoPath(graph, { start, target, toolVersion: request.toolVersion }) };
  const nearer = risky.size === 0 ? nodes : findBest(graph, { ...search, risky: new Map() });
  const avoided = (nearer ?? []).filter((node) => !nodes.includes(node));
  const findings = [...describeStops(request), ...describeAvoided(graph.versions, risky, avoided)];
  return { kind: 'path', hops: describeHops(graph, nodes), findings };
}

interface PathSearch {
  readonly start: number;
  readonly target: number;
  /** Releases on the way, with a risk of theirs that applies or is unknown. */
  readonly risky: ReadonlyMap<number, KnownRisk>;
  readonly preferred: ReadonlySet<number>;
}

/** The target is where the operator wants to go; only what lies on the way can be gone around. */
function listRisky({ catalog, conditions, from, to }: PathRequest, versions: readonly string[]): PathSearch['risky'] {
  const risky = new Map<number, KnownRisk>();
  if (!catalog.risks) return risky;
  for (const [version, risks] of listRisksByVersion(catalog.risks, versions)) {
    const applying = risks.find(
      ({ id, when }) => findConditionFact(when, conditions?.risks, id).state !== 'does-not-apply',
    );
    if (applying && version !== to && version !== from) risky.set(versions.indexOf(version), applying);
  }
  return risky;
}

interface Best {
  /** How many of the versions passed on the way have a risk that applies. */
  readonly risks: number;
  readonly hops: number;
  /** How many of the versions passed on the way are ones that a stop prefers. */
  readonly preferred: number;
  readonly next: number;
}

/** Edges only go up, so one pass down from the target settles every node. */
function findBest(graph: PathGraph, { start, target, risky, preferred }: PathSearch): readonly number[] | undefined {
  const best = new Map<number, Best>([[target, { risks: 0, hops: 0, preferred: 0, next: target }]]);
  for (let node = target - 1; node >= start; node -= 1) {
    let chosen: Best | undefined;
    // From high to low, and only a better one replaces: the highest wins among equals.
    for (let next = Math.min(target, graph.furthest(node)); next > node; next -= 1) {
      const rest = best.get(next);
      if (!rest || !graph.hasEdge(node, next)) continue;
      const bonus = next !== target && preferred.has(next) ? 1 : 0;
      const risks = rest.risks + (risky.has(next) ? 1 : 0);
      const candidate = { risks, hops: rest.hops + 1, preferred: rest.preferred + bonus, next };
      if (!chosen || isBetter(candidate, chosen)) chosen = candidate;
    }
    if (chosen) best.set(node, chosen);
  }
  return followNext(best, start, target);
}

function isBetter(a: Best, b: Best): boolean {
  if (a.risks !== b.risks) return a.risks < b.risks;
  return a.hops < b.hops || (a.hops === b.hops && a.preferred > b.preferred);
}

function followNext(best: ReadonlyMap<number, Best>, start: number, target: number): readonly number[] | undefined {
  const nodes = [start];
  for (let node = start; node !== target; ) {
    const step = best.get(node);
    if (!step) return undefined;
    nodes.push(step.next);
    node = step.next;
  }
  return nodes;
}

function listPreferred(graph: PathGraph, start: number, target: number): ReadonlySet<number> {
  const crossed = graph.stops.filter((placed) => placed.at > start && placed.at <= target);
  return new Set(
    crossed.flatMap(({ stop }) => (stop.prefer === undefined ? [] : [graph.versions.indexOf(stop.prefer)])),
  );
}

function describeHops(graph: PathGraph, nodes: readonly number[]): readonly PathHop[] {
  const hops: PathHop[] = [];
  for (const [position, node] of nodes.slice(0, -1).entries()) {
    const next = nodes[position + 1] ?? node;
    const behind = nodes[position + 2];
    const [blocker] = behind === undefined ? [] : graph.blockers(node, behind);
    const stop = blocker && describeReason(blocker, graph.versions[behind ?? next] ?? '');
    hops.push({ from: graph.versions[node] ?? '', to: graph.versions[next] ?? '', ...(stop ? { stop } : {}) });
  }
  return hops;
}

/** Why a path could not go on to `beyond` at once. A path passes only through releases that can be reached, so two kinds cannot occur. */
function describeReason(
  blocker: Blocker,
  beyond: string,
): { readonly id: string; readonly reason: string } | undefined {
  switch (blocker.kind) {
    case 'stop':
      return { id: blocker.placed.stop.id, reason: blocker.placed.stop.reason };
    case 'line':
      return { id: `${blocker.level}-line`, reason: `The ${blocker.level} line ${blocker.next} cannot be skipped.` };
    case 'upgrade-from':
      return { id: 'upgrade-from', reason: `${beyond} can be reached only from ${blocker.range}.` };
    case 'withdrawn':
    case 'tool':
      return undefined;
  }
}
