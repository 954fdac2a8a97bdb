import { formatCount, OnwardError } from '../../model/index.ts';
import { compareSchemas, loadSchema, renderSchemaChanges, type Schema } from '../../schema/index.ts';
import type { ConnectionTarget, System } from '../../system/index.ts';
import type { LintFile } from '../lint-file.ts';
import { applySchema } from '../proof/schema/apply-schema.ts';
import { readSchema, type SchemaFile } from '../proof/schema/read-schema.ts';
import type { Scratch, ScratchDatabase } from '../scratch/scratch.ts';
import type { MigrationRuns } from './invariant.ts';

/** Applies all migrations of the folder that is linted, every phase, and says how many files it applied. */
export type MigrateEngine = (target: ConnectionTarget, database: string) => Promise<number>;

export interface MigrationRunsOptions {
  readonly scratch: Scratch;
  readonly files: readonly LintFile[];
  readonly baseline: readonly SchemaFile[];
  readonly migrate?: MigrateEngine | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Layouts that Onward itself applies. */
const OWN = new Set(['onward', 'flat']);

/** Each run has a database of its own, which starts from the baseline. */
export function createMigrationRuns(system: System, options: MigrationRunsOptions): MigrationRuns {
  const { scratch, files, baseline, signal } = options;
  const migrate = files.every(({ layout }) => OWN.has(layout)) ? options.migrate : undefined;
  const name = files[0]?.database ?? '';
  const limits = { mayCreateRoles: scratch.isEmbedded, signal };
  const createDatabase = async (start: readonly SchemaFile[]): Promise<ScratchDatabase> => {
    const database = await scratch.createDatabase();
    await applySchema(system, database.target, start, limits);
    return database;
  };
  return {
    async second() {
      if (!migrate) return undefined;
      const database = await createDatabase(baseline);
      const first = await migrate(database.target, name);
      if (first !== files.length)
        return [
          `${first} of ${formatCount(files.length, 'file')} ${first === 1 ? 'was' : 'were'} applied the first time`,
        ];
      const before = await look(database);
      const again = await migrate(database.target, name);
      const counted = again === 0 ? [] : [`${formatCount(again, 'file is', 'files are')} applied again`];
      return [...counted, ...describeDifference(before, await look(database))];
    },
    async together() {
      if (!migrate) return undefined;
      const database = await createDatabase(baseline);
      const runs = await Promise.allSettled([migrate(database.target, name), migrate(database.target, name)]);
      const applied = runs.reduce((sum, run) => sum + (run.status === 'fulfilled' ? run.value : 0), 0);
      const failures = runs.flatMap((run) => (run.status === 'rejected' ? [describeFailure(run.reason)] : []));
      return applied === files.length || failures.length > 0
        ? failures
        : [`${applied} of ${formatCount(files.length, 'file')} ${applied === 1 ? 'was' : 'were'} applied`];
    },
    async differenceFrom(file) {
      const migrated = await createDatabase([...baseline, ...files]);
      const fresh = await createDatabase(await readSchema(system, file));
      return describeDifference(await look(fresh), await look(migrated));
    },
  };
}

async function look(database: ScratchDatabase): Promise<Schema> {
  const session = await database.connect('onward invariants');
  try {
    return await loadSchema(session);
  } finally {
    await session.close();
  }
}

/** One line a change. */
function describeDifference(before: Schema, after: Schema): readonly string[] {
  return compareSchemas(before, after).map((change) => renderSchemaChanges([change]).replace(/\s+/g, ' ').trim());
}

function describeFailure(error: unknown): string {
  if (error instanceof OnwardError) return error.message;
  throw error;
}
