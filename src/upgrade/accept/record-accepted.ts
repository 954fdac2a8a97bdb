import { canonicalJson, type Gate, type Json } from '../../model/index.ts';
import type { Journal } from '../journal.ts';
import { acceptedKey, readAccepted } from '../run-state.ts';

/** Journals which closed gates a run goes through, and on whose word; once for each acceptance, however often the run is taken up. */
export async function recordAccepted(journal: Journal, { gates }: { readonly gates: readonly Gate[] }): Promise<void> {
  for (const { id, state, evidence, accepted } of gates) {
    if (!accepted) continue;
    const acceptance = accepted as unknown as Json;
    const known = readAccepted(journal.records).map((one) => canonicalJson(one as unknown as Json));
    if (known.includes(canonicalJson(acceptance))) continue;
    const data = { gate: id, state, evidence, acceptance };
    await journal.append({ step: 'preflight', key: acceptedKey(accepted.risk), kind: 'decision', data });
  }
}
