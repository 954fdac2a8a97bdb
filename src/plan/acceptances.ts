import { createHash } from 'node:crypto';
import { type Acceptance, canonicalJson, type Digest, type Gate, type Json } from '../model/index.ts';

/**
 * The gates with the acceptances that stand for them. One counts when it has the gate's risk and content and is not past its end; an open
 * gate needs none, and a gate that names no risk can have none. `now`: ISO 8601, by the clock that the acceptances were recorded with.
 */
export function applyAcceptances(
  gates: readonly Gate[],
  acceptances: readonly Acceptance[],
  now: string,
): readonly Gate[] {
  const standing = acceptances.filter(({ until }) => until === undefined || Date.parse(until) > Date.parse(now));
  return gates.map(({ accepted: _, ...gate }) => {
    if (gate.state === 'open' || gate.risk === undefined) return gate;
    const content = contentOf(gate);
    const accepted = standing.findLast((candidate) => candidate.risk === gate.risk && candidate.content === content);
    return accepted ? { ...gate, accepted } : gate;
  });
}

/** What an operator accepts of a gate: what it declares, else the words it warns with. */
export function contentOf({ risk, content, title, evidence }: Gate): Digest {
  return content ?? digestOfRisk({ risk, title, evidence });
}

/** Identity of what is accepted under the name of a risk. */
export function digestOfRisk(said: { readonly [key: string]: Json | undefined }): Digest {
  return `sha256:${createHash('sha256').update(canonicalJson(said)).digest('hex')}`;
}
