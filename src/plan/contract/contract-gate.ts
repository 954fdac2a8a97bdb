import { formatDuration, type Gate, type GateState, type Json } from '../../model/index.ts';
import { digestOfRisk } from '../acceptances.ts';

interface Shut {
  /** The command that opens it, or that shows more. */
  readonly command?: string;
  /** Under which name an operator may accept it. */
  readonly risk?: string;
  /** What exactly is accepted, in words that two looks at the same world give alike: the evidence holds times and counts. */
  readonly covers?: Json;
}

/** A gate of a contract run. What would open it, and what may be accepted, is said of a gate that is shut alone. */
export function contractGate(
  place: Pick<Gate, 'id' | 'title'>,
  state: GateState,
  { evidence, covers, ...shut }: { readonly evidence: string } & Shut,
): Gate {
  if (state === 'open') return { ...place, state, evidence };
  const content = shut.risk === undefined ? {} : { content: digestOfRisk({ risk: shut.risk, covers: covers ?? null }) };
  return { ...place, state, evidence, ...shut, ...content };
}

/** The first few, and how many there are: a sentence must stay one. */
export function listFirst(parts: readonly string[], limit = 3): string {
  const more = parts.length - limit;
  return `${parts.slice(0, limit).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

const DAY_MS = 86_400_000;

/** `7 days`, and what is shorter as everywhere else. */
export function describeSpan(ms: number): string {
  return ms < 2 * DAY_MS ? formatDuration(ms) : `${Math.floor(ms / DAY_MS)} days`;
}
