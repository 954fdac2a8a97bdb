import { quoteLiteral } from '../sql/index.ts';
import type { Session, System } from '../system/index.ts';
import { renderFenceCheck } from './attempt.ts';
import type { Engine } from './engine.ts';
import { fencedOut, recordedOtherwise } from './errors.ts';
import { loadLedger, renderLedgerInsert } from './ledger.ts';
import { type MigrationFile, migrationId } from './migration-file.ts';
import { type EngineOptions, withEngine } from './open-engine.ts';
import { loadStatements } from './parsed-files.ts';

/** A file that another tool applied. */
export interface AppliedElsewhere {
  readonly file: MigrationFile;
  /** Who applied it: the `origin` of the record. */
  readonly origin: string;
  /** As that tool says; the time of recording when it says none. */
  readonly startedAt?: Date;
  readonly finishedAt?: Date;
}

/** An entry of that tool's own ledger, kept as evidence. */
export interface AdoptedEntry {
  /** Where it stands, such as `public.schema_migrations`, and what the tool calls it there. */
  readonly source: string;
  readonly key: string;
  /** The file that it stands for; `undefined` when a baseline holds what it did. */
  readonly file: MigrationFile | undefined;
  /** What says that the file is what was applied: its checksum, the schema, or nothing but its name. */
  readonly proof: 'checksum' | 'schema' | 'name';
  readonly appliedAt: Date | undefined;
  /** The row as it was read. */
  readonly entry: unknown;
}

export interface RecordOptions extends EngineOptions {
  /** The tool whose ledger the entries are of. */
  readonly tool: string;
  readonly files: readonly AppliedElsewhere[];
  readonly entries: readonly AdoptedEntry[];
  /** Awaited in the transaction before it writes: throws when what the records are about has changed meanwhile. */
  readonly confirm: (session: Session) => Promise<void>;
}

/**
 * Records files as applied that another tool has applied, and runs none of them. All records are one transaction, alone under the runner
 * lock (and the fence, when there is one): they are there as a whole or not at all. What is on record already is left as it is; gives how
 * many files were added. Creates the ledger when there is none. Throws as `applyMigrations` does before its first file, and
 * `migrate.recorded-otherwise` for a file that is on record with another meaning.
 */
export async function recordApplied(system: System, options: RecordOptions): Promise<number> {
  const session = await system.postgres.connect(options.target, { applicationName: 'onward migrate' });
  try {
    return await withEngine(system, { ...options, session }, (engine) => writeAll(engine, options));
  } finally {
    await session.close();
  }
}

async function writeAll(engine: Engine, options: RecordOptions): Promise<number> {
  const { ddl } = engine.connections;
  const inserts = await renderAll(engine, options);
  options.signal?.throwIfAborted();
  return ddl.transaction(async () => {
    await ddl.query(`set local synchronous_commit = ${engine.durableCommit}`);
    const { fence } = engine;
    if (fence && (await ddl.query(renderFenceCheck(fence))).rows.length === 0)
      throw fencedOut(fence.deployment, fence.epoch, engine);
    await options.confirm(ddl);
    const known = new Map((await loadLedger(ddl)).rows.map((row) => [row.id, row]));
    const differing = options.files.filter(({ file }) => {
      const row = known.get(migrationId(file));
      return row !== undefined && row.fingerprint !== file.fingerprint;
    });
    if (differing.length > 0)
      throw recordedOtherwise(
        engine.database,
        differing.map(({ file }) => file.path),
      );
    const missing = inserts.filter(({ id }) => !known.has(id));
    for (const { sql } of missing) await ddl.query(sql);
    for (const entry of options.entries) await ddl.query(renderEntry(engine, options.tool, entry));
    return missing.length;
  });
}

async function renderAll(
  { release, run, fence, system }: Engine,
  { files }: RecordOptions,
): Promise<readonly { readonly id: string; readonly sql: string }[]> {
  const now = system.clock.now();
  return Promise.all(
    files.map(async ({ file, origin, finishedAt = now, startedAt = finishedAt }) => ({
      id: migrationId(file),
      sql: renderLedgerInsert({
        file,
        release: file.version === '' ? release : file.version,
        run,
        epoch: fence?.epoch,
        statements: (await loadStatements(file)).length,
        startedAt,
        finishedAt,
        origin,
        locksWaited: 0,
        stalledSessions: 0,
        stalledMs: 0,
      }),
    })),
  );
}

function renderEntry({ run, fence }: Engine, tool: string, adopted: AdoptedEntry): string {
  const { source, key, file, proof, appliedAt, entry } = adopted;
  const values = [
    tool,
    source,
    key,
    file ? migrationId(file) : null,
    proof,
    appliedAt?.toISOString() ?? null,
    JSON.stringify(entry),
    run,
    fence?.epoch ?? null,
  ];
  return (
    'insert into onward.adopted (tool, source, key, migration, proof, applied_at, entry, run, epoch) ' +
    `values (${values.map((value) => quoteLiteral(value)).join(', ')}) on conflict (tool, source, key) do update ` +
    // A later proof says more than a name.
    `set proof = excluded.proof where adopted.proof = 'name' and excluded.proof <> 'name'`
  );
}
