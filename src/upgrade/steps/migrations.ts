import { applyMigrations, type FileAssertion } from '../../migrate/index.ts';
import { compareVersions, MIGRATION_PHASES, type MigrationPhase } from '../../model/index.ts';
import { runMigrationCommands } from '../commands/run-commands.ts';
import { installDualWrite } from '../data/dual-writes.ts';
import { listDualWritesOfHop } from '../data-migrations.ts';
import type { RunContext } from '../run-context.ts';

/**
 * Applies what the running release tolerates. A first install has no running release: it applies every earlier version as a whole,
 * contract included, in their order, because that is the shape which this release was made for. Then the product's own commands run, and the
 * triggers of its data migrations are installed.
 */
export async function runExpand(context: RunContext): Promise<void> {
  await runExpandFiles(context);
  await runMigrationCommands(context, 'expand');
  await installDualWrites(context);
}

async function runExpandFiles(context: RunContext): Promise<void> {
  if (context.previous) return runMigrations(context, { step: 'expand', phases: ['expand'] });
  const versions = [...new Set(context.release.migrations.map((file) => file.version))].sort(compareVersions);
  for (const version of versions) {
    const isOwn = version === context.release.version;
    await runMigrations(context, { step: 'expand', phases: isOwn ? ['expand'] : MIGRATION_PHASES, upTo: version });
  }
}

/** From here on old and new services write rows in both shapes. */
async function installDualWrites(context: RunContext): Promise<void> {
  const { system, installation, lease, journal, signal, start } = context;
  for (const found of await listDualWritesOfHop(system, installation, start)) {
    signal.throwIfAborted();
    const note = { step: 'expand', key: `dual-write:${found.declared.database}/${found.declared.id}` };
    await journal.append({ ...note, kind: 'intent', data: { release: found.release } });
    const isChanged = await installDualWrite({ system, installation, lease, run: journal.run, signal }, found);
    await journal.append({ ...note, kind: 'result', data: { ok: true, changed: isChanged } });
  }
}

export async function runPostdeploy(context: RunContext): Promise<void> {
  await runMigrations(context, { step: 'postdeploy', phases: ['postdeploy'] });
  await runMigrationCommands(context, 'postdeploy');
}

interface Wanted {
  readonly step: 'expand' | 'postdeploy' | 'contract';
  readonly phases: readonly MigrationPhase[];
  readonly upTo?: string;
  readonly assertions?: readonly FileAssertion[];
}

/** Every transaction checks the epoch; the ledger, not the journal, says what is applied. */
async function runMigrations(context: RunContext, wanted: Wanted): Promise<void> {
  for (const { name } of context.installation.deployment.databases) {
    context.signal.throwIfAborted();
    await migrateDatabase(context, { ...wanted, database: name });
  }
}

/** One database: every file an intent and a result in the journal, its transaction fenced by the epoch. */
export async function migrateDatabase(
  context: RunContext,
  wanted: Wanted & { readonly database: string },
): Promise<void> {
  const { system, installation, journal, lease, release } = context;
  const { database, phases, step, upTo, assertions } = wanted;
  const target = installation.databases.get(database);
  if (!target) throw new Error(`There is no database ${database}`);
  const files = (await installation.source.migrationFiles(release)).filter((file) => file.database === database);
  const note = (path: string) => ({ step, key: `migrate:${database}/${path}` });
  await applyMigrations(system, {
    database,
    target,
    files,
    phases,
    ...(upTo === undefined ? {} : { upTo }),
    ...(assertions ? { assertions } : {}),
    release: release.version,
    run: journal.run,
    fence: { deployment: installation.deployment.name, epoch: lease.epoch },
    lockBudgetMs: installation.deployment.lockBudgetMs,
    lockWaitMs: installation.deployment.lockWaitMs,
    signal: context.signal,
    beforeFile: async (file) => {
      await lease.assertHeld();
      await journal.append({ ...note(file.path), kind: 'intent', data: { checksum: file.checksum } });
    },
    afterFile: async (file) => {
      await journal.append({ ...note(file.path), kind: 'result', data: { ok: true } });
    },
    onEvent: (event) => {
      system.log.emit({ ...event, run: journal.run, step });
    },
  });
}
