import type { ContractFacts, ContractWindow, Gate } from '../../model/index.ts';
import { contractGate, describeSpan, listFirst } from './contract-gate.ts';

/** The time in which a release may still have to make room for its predecessor is over, and was observed. */
export function windowGate(facts: ContractFacts): Gate {
  const place = { id: 'window', title: 'The rollback window is over' };
  const command = 'onward contract --dry-run';
  const { windows } = facts;
  if (windows.kind !== 'seen') return contractGate(place, 'unknown', { evidence: windows.evidence, command });
  const now = Date.parse(facts.now);
  const open = windows.value.filter(
    ({ completedAt, afterMs }) => completedAt !== undefined && now - Date.parse(completedAt) < afterMs,
  );
  if (open.length > 0)
    return contractGate(place, 'closed', { evidence: listFirst(open.map((window) => describeEnd(window))), command });
  const risk = 'contract-window';
  const undated = windows.value.filter(({ completedAt }) => completedAt === undefined);
  if (windows.value.length === 0 || undated.length > 0) {
    const versions = undated.map(({ version }) => version).join(', ') || facts.upTo;
    const evidence = `when ${versions} was completed is not on record`;
    return contractGate(place, 'unknown', { evidence, command, risk, covers: [facts.upTo, 'undated'] });
  }
  const longestMs = Math.max(...windows.value.map(({ afterMs }) => afterMs));
  const short = longestMs === 0 ? [] : listUnobserved(facts, longestMs);
  if (short.length > 0)
    return contractGate(place, 'unknown', {
      evidence: listFirst(short),
      command,
      risk,
      covers: [facts.upTo, 'unobserved'],
    });
  const evidence =
    longestMs === 0
      ? `${facts.upTo} asks for none`
      : `${describeSpan(longestMs)} have passed since ${describeCompletions(windows.value)}, and statements were observed for as long`;
  return contractGate(place, 'open', { evidence });
}

function describeEnd({ version, afterMs, completedAt = '' }: ContractWindow): string {
  const end = new Date(Date.parse(completedAt) + afterMs).toISOString();
  return `${version} was completed at ${completedAt} and keeps its old shape for ${describeSpan(afterMs)}, until ${end}`;
}

function describeCompletions(windows: readonly ContractWindow[]): string {
  return windows.map(({ version, completedAt }) => `${version} was completed at ${completedAt}`).join(' and ');
}

/** Databases whose statements were not observed for as long as the window asks. */
function listUnobserved({ databases, now }: ContractFacts, longestMs: number): readonly string[] {
  return databases
    .filter(({ pending }) => pending === undefined || pending.length > 0)
    .flatMap(({ name, statements }) => {
      if (statements?.kind !== 'seen') return [`statements on ${name} were not observed meanwhile`];
      const observedMs = Date.parse(now) - Date.parse(statements.since);
      if (observedMs >= longestMs) return [];
      return [
        `statements on ${name} are observed since ${statements.since}, and the window asks for ${describeSpan(longestMs)}`,
      ];
    });
}
