import { closest, compareVersions, type Finding, newestVersion } from '../model/index.ts';
import { describeVerdict } from './condition-findings.ts';
import type { PathGraph, PathRequest, PlacedStop } from './path-graph.ts';

/** What is wrong with the two ends themselves, whatever lies between. */
export function checkEnds({ catalog, from, to }: PathRequest): readonly Finding[] {
  const versions = catalog.releases.map((entry) => entry.version);
  const target = catalog.releases.find((entry) => entry.version === to);
  if (compareVersions(to, from) < 0) {
    return [
      refuse('plan.downgrade', {
        message: `${to} is older than ${from}, and the schema only goes forward`,
        hint: `Choose a release that is newer than ${from}; to be on ${to} again, restore a backup that was made on it.`,
      }),
    ];
  }
  const findings: Finding[] = [];
  if (!target) {
    const near = closest(to, versions.toReversed());
    findings.push(
      refuse('plan.unknown-target', {
        message: `the release source has no release ${to}`,
        hint: near
          ? `Did you mean ${near}? Run \`onward plan --version ${near}\`.`
          : 'Run `onward release list` to see what exists.',
      }),
    );
  }
  if (!versions.includes(from)) {
    findings.push(
      refuse('plan.unknown-start', {
        message: `the release source does not know ${from}, which is what runs now, so nothing says where it may go`,
        hint: 'Check `releases.source` in onward.yaml, then run `onward release list`.',
      }),
    );
  }
  if (target?.withdrawn) {
    const usable = catalog.releases.filter((entry) => !entry.withdrawn && compareVersions(entry.version, from) > 0);
    const other = newestVersion(usable.map((entry) => entry.version));
    findings.push(
      refuse('plan.withdrawn-target', {
        message: `${to} was withdrawn: ${target.withdrawn.reason}`,
        hint: other ? `Run \`onward plan --version ${other}\`.` : 'Run `onward release list` to see what exists.',
      }),
    );
  }
  return findings;
}

interface Search {
  readonly start: number;
  readonly target: number;
  readonly toolVersion: string;
}

/** Every reason why a target cannot be reached, seen from the highest release that can be. Never empty. */
export function explainNoPath(graph: PathGraph, search: Search): readonly Finding[] {
  const reached = listReachable(graph, search);
  const nearest = Math.max(...reached);
  const situation = { ...search, graph, reached, nearest, nextCommand: describeNext(graph, search, nearest) };
  return [
    ...explainStops(situation),
    ...explainLine(situation),
    ...explainOrigins(situation),
    ...explainTool(situation),
    describeNearest(situation),
  ];
}

interface Situation extends Search {
  readonly graph: PathGraph;
  readonly reached: ReadonlySet<number>;
  /** The highest release below the target that can be reached; the start when there is none. */
  readonly nearest: number;
  readonly nextCommand: string;
}

function listReachable(graph: PathGraph, { start, target }: Search): ReadonlySet<number> {
  const reached = new Set([start]);
  // Nodes are settled in ascending order, and edges only go up.
  for (let from = start; from < target; from += 1) {
    if (!reached.has(from)) continue;
    const end = Math.min(target - 1, graph.furthest(from));
    for (let node = from + 1; node <= end; node += 1) if (graph.hasEdge(from, node)) reached.add(node);
  }
  return reached;
}

function describeNext(graph: PathGraph, { start, target }: Search, nearest: number): string {
  return nearest === start
    ? `run \`onward plan --version ${graph.versions[target]}\` again`
    : `run \`onward upgrade --version ${graph.versions[nearest]}\` meanwhile`;
}

function explainStops(situation: Situation): readonly Finding[] {
  const { graph, nearest, target } = situation;
  return graph.stops
    .filter((placed) => placed.at > nearest && placed.at <= target && !placed.isPassedBy(nearest))
    .map((placed) =>
      refuse('plan.stop', {
        message:
          `stop "${placed.stop.id}" of ${placed.declaredBy} must be passed through a release in ${placed.stop.satisfiedBy} ` +
          `(${placed.stop.reason}), and ${describeStopReleases(situation, placed)}` +
          (placed.stop.when ? `; the stop ${describeVerdict(placed.fact)}` : ''),
        hint:
          `Ask the vendor for a release in ${placed.stop.satisfiedBy}; ${situation.nextCommand}.` +
          (placed.stop.url ? ` See ${placed.stop.url}` : ''),
      }),
    );
}

/** What is there of the releases that would satisfy a stop. */
function describeStopReleases({ graph, nearest }: Situation, placed: PlacedStop): string {
  const satisfying: number[] = [];
  for (let index = nearest + 1; index < placed.at; index += 1) if (placed.isSatisfiedBy(index)) satisfying.push(index);
  if (satisfying.length === 0) return 'no such release is published';
  const usable = satisfying.filter((index) => !graph.entry(index)?.withdrawn);
  if (usable.length === 0) return `every such release was withdrawn (${listVersions(graph, satisfying)})`;
  return `no such release can be reached from ${graph.versions[nearest]} (${listVersions(graph, usable)})`;
}

/** A line that cannot be skipped and has no release to stop at. */
function explainLine({ graph, nearest, target, nextCommand }: Situation): readonly Finding[] {
  const skipped = graph.blockers(nearest, target).find((blocker) => blocker.kind === 'line');
  if (!skipped) return [];
  const members: number[] = [];
  for (let index = nearest + 1; index < target; index += 1) {
    if (`${graph.versions[index]}`.startsWith(`${skipped.next}.`)) members.push(index);
  }
  if (members.some((index) => !graph.entry(index)?.withdrawn)) return [];
  return [
    refuse('plan.line', {
      message:
        `${graph.versions[target]} is behind the ${skipped.level} line ${skipped.next}, which cannot be skipped, and every ` +
        `release of it was withdrawn (${listVersions(graph, members)})`,
      hint: `Ask the vendor for another release of ${skipped.next}; ${nextCommand}.`,
    }),
  ];
}

/** Releases that nothing but the tool keeps from being reached otherwise, and that do not accept where the path stands. */
function explainOrigins({ graph, nearest, target, nextCommand }: Situation): readonly Finding[] {
  const refusing: { readonly index: number; readonly range: string }[] = [];
  for (let index = nearest + 1; index <= target; index += 1) {
    const blockers = graph.blockers(nearest, index).filter((blocker) => blocker.kind !== 'tool');
    const [only] = blockers;
    if (only?.kind === 'upgrade-from' && blockers.length === 1) refusing.push({ index, range: only.range });
  }
  return refusing.slice(-MOST_LISTED).map(({ index, range }) =>
    refuse('plan.upgrade-from', {
      message: `${graph.versions[index]} accepts upgrades from ${range} only, and ${graph.versions[nearest]} is the nearest that can be reached`,
      hint: `Ask the vendor for a release in ${range} that ${graph.versions[nearest]} can go to; ${nextCommand}.`,
    }),
  );
}

/** The tool versions that are missing: for the target, and for releases on the way that could be next with another tool. */
function explainTool({ graph, nearest, target, toolVersion }: Situation): readonly Finding[] {
  const wanted = new Map<string, number>();
  for (let index = target; index > nearest; index -= 1) {
    const blockers = graph.blockers(nearest, index);
    const tool = blockers.find((blocker) => blocker.kind === 'tool');
    const isInTheWay = blockers.every((blocker) => blocker.kind === 'tool' || blocker.kind === 'upgrade-from');
    if (tool && (index === target || isInTheWay) && !wanted.has(tool.range)) wanted.set(tool.range, index);
  }
  return [...wanted].map(([range, index]) =>
    refuse('plan.tool', {
      message: `${graph.versions[index]} needs Onward ${range}, and this is Onward ${toolVersion}`,
      hint: `Run \`npm install --global "onward@${range}"\`, then \`onward plan --version ${graph.versions[target]}\`.`,
    }),
  );
}

function describeNearest({ graph, start, target, nearest }: Situation): Finding {
  const code = 'plan.nearest';
  const from = graph.versions[start];
  if (nearest === start) {
    const message = `no release between ${from} and ${graph.versions[target]} can be reached from ${from}`;
    return { code, severity: 'info', message, hint: 'Run `onward release list` to see what exists.' };
  }
  const version = graph.versions[nearest];
  const message = `${version} is the newest release on the way to ${graph.versions[target]} that can be reached from ${from}`;
  return { code, severity: 'info', message, hint: `Run \`onward upgrade --version ${version}\`.` };
}

const MOST_LISTED = 5;

function listVersions(graph: PathGraph, indices: readonly number[]): string {
  const shown = indices.slice(-MOST_LISTED).map((index) => graph.versions[index]);
  const more = indices.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function refuse(code: string, text: { readonly message: string; readonly hint: string }): Finding {
  return { code, severity: 'error', ...text };
}
