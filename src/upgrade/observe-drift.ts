import { observeMigrations } from '../migrate/index.ts';
import type { DeclaredDataMigration } from '../model/index.ts';
import type { MigrationFile } from '../release/index.ts';
import {
  compareSchemas,
  loadSchema,
  renderRepairs,
  renderSchemaChanges,
  type Schema,
  type SchemaChange,
} from '../schema/index.ts';
import type { ConnectionTarget, System } from '../system/index.ts';
import { loadInstalledDualWrites } from './data/dual-writes.ts';
import { listKnown } from './data-migrations.ts';
import { nothingInstalled } from './errors.ts';
import type { Installation } from './installation.ts';
import { observeCurrent } from './observe-control.ts';
import { applyToScratch, openScratchServer } from './scratch-server.ts';

/** How a database differs from what its migrations make. */
export interface SchemaDrift {
  readonly database: string;
  /** Objects that differ. */
  readonly changes: number;
  /** What would have to change in the database, for a person; empty without a difference. */
  readonly difference: string;
  /** SQL that repairs it, what destroys commented out; empty without a difference. */
  readonly repair: string;
}

const APPLICATION_NAME = 'onward doctor';

/**
 * Compares the schema of every database with the one that the migrations in its ledger make on a scratch server, with the triggers of data
 * migrations that are on record as installed. The databases are only
 * read. Throws `upgrade.nothing-installed` before the first install, and what opening a scratch server throws.
 */
export async function observeDrift(system: System, installation: Installation): Promise<readonly SchemaDrift[]> {
  const current = await observeCurrent(installation);
  if (!current) throw nothingInstalled('compare the schema');
  const release = await installation.source.release(current.release);
  const files = await installation.source.migrationFiles(release);
  const declared = await listKnown(system, installation);
  const drifts: SchemaDrift[] = [];
  for (const [database, target] of installation.databases) {
    const own = files.filter((file) => file.database === database);
    drifts.push(await compareDatabase(system, installation, { database, target, files: own, declared }));
  }
  return drifts;
}

async function compareDatabase(
  system: System,
  installation: Installation,
  given: {
    readonly database: string;
    readonly target: ConnectionTarget;
    readonly files: readonly MigrationFile[];
    readonly declared: readonly DeclaredDataMigration[];
  },
): Promise<SchemaDrift> {
  const { database, target, files, declared } = given;
  const { applied } = await observeMigrations(system, { database, target, files });
  const paths = new Set(applied.map(({ path }) => path));
  const session = await system.postgres.connect(target, { applicationName: APPLICATION_NAME });
  try {
    const live = await loadSchema(session);
    const wanted = files.filter(({ path }) => paths.has(path));
    const { serverVersion } = session;
    const triggers = await loadInstalledDualWrites(session, { database, declared });
    const expected = await loadExpected(system, installation, { files: [...wanted, ...triggers], serverVersion });
    // Operators install extensions of their own, such as for monitoring.
    const isOwn = ({ kind, change }: SchemaChange) => kind === 'extension' && change === 'removed';
    const changes = compareSchemas(live, expected).filter((change) => !isOwn(change));
    const isSame = changes.length === 0;
    return {
      database,
      changes: changes.length,
      difference: isSame ? '' : renderSchemaChanges(changes),
      repair: isSame ? '' : renderRepairs(changes),
    };
  } finally {
    await session.close();
  }
}

/** What the migrations make of an empty database. */
async function loadExpected(
  system: System,
  installation: Installation,
  {
    files,
    serverVersion,
  }: { readonly files: readonly Pick<MigrationFile, 'path' | 'text'>[]; readonly serverVersion: number },
): Promise<Schema> {
  const scratch = await openScratchServer(system, installation, serverVersion);
  try {
    const database = await scratch.createDatabase();
    await applyToScratch(system, { scratch, database, files });
    const session = await database.connect(APPLICATION_NAME);
    try {
      return await loadSchema(session);
    } finally {
      await session.close();
    }
  } finally {
    await scratch.close();
  }
}
