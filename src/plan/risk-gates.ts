import {
  type ConditionFact,
  type Facts,
  findConditionFact,
  type Gate,
  type Json,
  type KnownRisk,
  listRisksOf,
} from '../model/index.ts';
import { digestOfRisk } from './acceptances.ts';
import type { PlanRequest } from './plan-request.ts';

/**
 * One gate for every known risk of a release that the path goes to. It is open only where the risk was seen not to apply. What is installed
 * again has taken its risks already, and so has a run that has begun to roll: going on and going back are both behind them then.
 */
export function riskGates({ catalog, conditions }: Facts, { hops, hasRolled }: PlanRequest): readonly Gate[] {
  if (hasRolled) return [];
  const carriers = new Map<KnownRisk, string[]>();
  for (const { from, to } of hops) {
    if (from === to) continue;
    for (const risk of listRisksOf(catalog.risks, to)) carriers.set(risk, [...(carriers.get(risk) ?? []), to]);
  }
  return [...carriers].map(([risk, versions]) =>
    riskGate(risk, versions, findConditionFact(risk.when, conditions?.risks, risk.id)),
  );
}

function riskGate(risk: KnownRisk, versions: readonly string[], fact: ConditionFact): Gate {
  const { id } = risk;
  const title = `Risk ${id} of ${versions.join(', ')}`;
  if (fact.state === 'does-not-apply')
    return { id: `risk:${id}`, title, state: 'open', evidence: `it does not apply: ${fact.evidence}` };
  return {
    id: `risk:${id}`,
    title,
    state: fact.state === 'applies' ? 'closed' : 'unknown',
    evidence: describeRisk(risk, fact),
    command: `onward accept ${id} --reason '...'`,
    risk: id,
    content: contentOfRisk(risk),
  };
}

function describeRisk({ message, fixedIn, url }: KnownRisk, { state, evidence }: ConditionFact): string {
  const seen = state === 'applies' ? `it applies here: ${evidence}` : `whether it applies cannot be told: ${evidence}`;
  const fix = fixedIn === undefined ? 'no release is known to fix it' : `${fixedIn} fixes it`;
  return [message.trim().replace(/\.$/, ''), seen, fix, ...(url === undefined ? [] : [url])].join('; ');
}

/** What an acceptance of a risk is for: its text and its conditions, not which releases have it. */
export function contentOfRisk({ id, message, url, when }: KnownRisk): ReturnType<typeof digestOfRisk> {
  return digestOfRisk({ risk: id, message, url, when: when as Json | undefined });
}
