import type { Gate, GateState } from '../model/index.ts';

/** The command is what would open it, and is left out where it is open. */
export function gate(id: string, title: string, state: GateState, evidence: string, command?: string): Gate {
  return { id, title, state, evidence, ...(command === undefined || state === 'open' ? {} : { command }) };
}
