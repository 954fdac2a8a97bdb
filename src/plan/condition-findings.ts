import {
  type ConditionFact,
  compareVersions,
  type Finding,
  findConditionFact,
  type KnownRisk,
  stopKey,
} from '../model/index.ts';
import type { PathRequest } from './path-graph.ts';

/** Which stops with conditions lie on the way, and why each of them counts or does not. */
export function describeStops({ catalog, conditions, from, to }: PathRequest): readonly Finding[] {
  return catalog.releases
    .filter(({ stops }) => stops.some(({ when }) => when !== undefined))
    .filter(({ version }) => compareVersions(version, from) > 0 && compareVersions(version, to) <= 0)
    .flatMap(({ version, stops }) =>
      stops.flatMap(({ id, when }) => {
        if (when === undefined) return [];
        const fact = findConditionFact(when, conditions?.stops, stopKey(version, id));
        return [remark('plan.conditional-stop', `Stop ${id} of ${version} ${describeVerdict(fact)}.`)];
      }),
    );
}

/** Releases that a path without regard to risks would have passed through. */
export function describeAvoided(
  versions: readonly string[],
  risky: ReadonlyMap<number, KnownRisk>,
  avoided: readonly number[],
): readonly Finding[] {
  return avoided.flatMap((node) => {
    const risk = risky.get(node);
    return risk
      ? [
          remark(
            'plan.avoids-risk',
            `The path goes around ${versions[node]}, which has risk ${risk.id}: ${risk.message}`,
          ),
        ]
      : [];
  });
}

/** What becomes of a stop, and why. */
export function describeVerdict({ state, evidence }: ConditionFact): string {
  switch (state) {
    case 'applies':
      return `applies: ${evidence}`;
    case 'unknown':
      return `counts, because it cannot be told whether it applies: ${evidence}`;
    case 'does-not-apply':
      return `does not apply: ${evidence}`;
  }
}

function remark(code: string, message: string): Finding {
  return { code, severity: 'info', message };
}
