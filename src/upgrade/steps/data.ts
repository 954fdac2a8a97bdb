import { createRateLimit } from '../../data-migrate/index.ts';
import type { DeclaredDataMigration } from '../../model/index.ts';
import { runSideBySide } from '../data/run-side-by-side.ts';
import { completeDataMigration, listOwed } from '../data-migrations.ts';
import type { RunContext } from '../run-context.ts';

/** Brings every data migration to its end that postdeploy needs, and counts again what is on record as complete. */
export async function runData(context: RunContext): Promise<void> {
  const { system, installation, lease, journal, start } = context;
  const { pacing } = installation.deployment;
  const rate = createRateLimit(system.clock, pacing.rowsPerSecond);
  const complete = async (found: DeclaredDataMigration, signal: AbortSignal): Promise<void> => {
    const note = { step: 'data', key: `data:${found.declared.id}` };
    await journal.append({ ...note, kind: 'intent', data: { release: found.release } });
    await lease.assertHeld();
    const work = { system, installation, lease, run: journal.run, rate, signal };
    const startedAt = system.clock.monotonicMs();
    const { id, scanned, changed } = await completeDataMigration(work, found);
    await journal.append({ ...note, kind: 'result', data: { ok: true, scanned, changed } });
    const ms = Math.round(system.clock.monotonicMs() - startedAt);
    system.log.emit({ type: 'data.completed', run: journal.run, step: 'data', id, scanned, changed, ms });
  };
  const needed = (await listOwed(installation, start)).filter(({ declared }) => declared.before === 'postdeploy');
  await runSideBySide(needed, { parallel: pacing.parallel, signal: context.signal, complete });
}
