import { applyMigrations } from '../../migrate/index.ts';
import type { MigrationPhase } from '../../model/index.ts';
import { emitWaiting, type RunContext } from '../run-context.ts';

/**
 * Applies the pending migrations of one phase to every database. Every transaction checks the epoch; the ledger, not the journal,
 * says what is applied.
 */
export async function runMigrations(context: RunContext, phases: readonly MigrationPhase[]): Promise<void> {
  const { installation } = context;
  for (const database of installation.deployment.databases) {
    context.signal.throwIfAborted();
    await migrateDatabase(context, { database: database.name, phases });
  }
}

async function migrateDatabase(
  context: RunContext,
  wanted: { readonly database: string; readonly phases: readonly MigrationPhase[] },
): Promise<void> {
  const { system, installation, journal, lease, release } = context;
  const { database, phases } = wanted;
  const step = phases[0] ?? 'expand';
  const target = installation.databases.get(database);
  if (!target) throw new Error(`There is no database ${database}`);
  const files = (await installation.source.migrationFiles(release)).filter((file) => file.database === database);
  const note = (path: string) => ({ step, key: `migrate:${database}/${path}` });
  await applyMigrations(system, {
    database,
    target,
    files,
    phases,
    release: release.version,
    run: journal.run,
    fence: { deployment: installation.deployment.name, epoch: lease.epoch },
    lockBudgetMs: installation.deployment.lockBudgetMs,
    lockWaitMs: installation.deployment.lockWaitMs,
    signal: context.signal,
    beforeFile: async (file) => {
      await lease.assertHeld();
      await journal.append({ ...note(file.path), kind: 'intent', data: { checksum: file.checksum } });
      system.log.emit({ type: 'migration.started', run: journal.run, step, database, path: file.path });
    },
    afterFile: async (file) => {
      await journal.append({ ...note(file.path), kind: 'result', data: { ok: true } });
      system.log.emit({ type: 'migration.finished', run: journal.run, step, database, path: file.path });
    },
    onEvent: (event) => {
      if (event.type === 'waiting') emitWaiting(context, step, event.what);
      else system.log.emit({ ...event, run: journal.run, step });
    },
  });
}
