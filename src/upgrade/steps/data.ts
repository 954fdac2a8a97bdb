import { completeDataMigration, listOwed } from '../data-migrations.ts';
import type { RunContext } from '../run-context.ts';

/** Brings every data migration to its end that postdeploy needs, and counts again what is on record as complete. */
export async function runData(context: RunContext): Promise<void> {
  const { system, installation, lease, journal, signal, start } = context;
  for (const found of await listOwed(installation, start)) {
    const { id, before } = found.declared;
    if (before !== 'postdeploy') continue;
    signal.throwIfAborted();
    const note = { step: 'data', key: `data:${id}` };
    await journal.append({ ...note, kind: 'intent', data: { release: found.release } });
    await lease.assertHeld();
    const work = { system, installation, lease, run: journal.run, signal };
    const startedAt = system.clock.monotonicMs();
    const { scanned, changed } = await completeDataMigration(work, found);
    await journal.append({ ...note, kind: 'result', data: { ok: true, scanned, changed } });
    const ms = Math.round(system.clock.monotonicMs() - startedAt);
    system.log.emit({ type: 'data.completed', run: journal.run, step: 'data', id, scanned, changed, ms });
  }
}
