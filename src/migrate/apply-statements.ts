import { loadSqlParser, type Session, type System } from '../system/index.ts';
import { applyTransaction } from './apply-transaction.ts';
import { APPLICATION_NAME } from './connections.ts';
import type { Engine } from './engine.ts';
import type { MigrationFile } from './migration-file.ts';
import { type EngineOptions, withEngine } from './open-engine.ts';
import { planStatements } from './statement-class.ts';

/** Statements that are in the database together, with the record of them, or not at all. */
export interface Statements {
  /** What errors and events call them, where a migration has its path. */
  readonly name: string;
  /** None of them may need to stand outside of a transaction. */
  readonly text: string;
  /** The statement that records them, sent in their transaction. */
  readonly record: string;
}

/**
 * Applies statements of Onward's own, such as a trigger, as a migration is applied: alone, fenced by the epoch, at a moment when their locks
 * are free, within the lock budget, in one transaction that is on disk when this resolves. `build` looks at the database (with the search
 * path that a migration has) while nobody else migrates it, and gives nothing when nothing is to be done. True when something was applied.
 *
 * Throws what `applyMigrations` throws for one file, and what `build` throws.
 */
export async function applyStatements(
  system: System,
  options: EngineOptions & { readonly database: string },
  build: (session: Session) => Promise<Statements | undefined>,
): Promise<boolean> {
  const session = await system.postgres.connect(options.target, { applicationName: APPLICATION_NAME });
  try {
    return await withEngine(system, { ...options, session }, async (engine) => {
      const built = await build(engine.connections.ddl);
      if (!built) return false;
      options.signal?.throwIfAborted();
      await applyBuilt(engine, options.database, built);
      return true;
    });
  } finally {
    await session.close();
  }
}

async function applyBuilt(engine: Engine, database: string, built: Statements): Promise<void> {
  const parser = await loadSqlParser();
  const file: MigrationFile = {
    database,
    version: engine.release,
    phase: 'expand',
    sequence: 0,
    name: built.name,
    path: built.name,
    checksum: 'sha256:',
    fingerprint: 'sha256:',
    transactional: true,
    text: built.text,
  };
  await applyTransaction(engine, {
    file,
    statements: planStatements(parser.split(built.text, built.name)),
    isFreshSession: false,
    isDurable: true,
    record: () => built.record,
    kept: 'Nothing of it is in the database',
    isResumable: true,
  });
}
