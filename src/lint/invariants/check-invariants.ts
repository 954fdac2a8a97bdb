import type { Position } from '../../model/index.ts';
import { loadSchema } from '../../schema/index.ts';
import { PostgresError, type Session, type System } from '../../system/index.ts';
import { type LintFinding, shortenStatement } from '../finding.ts';
import { fileFinding } from '../layouts/findings.ts';
import type { LintFile } from '../lint-file.ts';
import { fillTables } from '../measure/fill/fill-tables.ts';
import { applySchema } from '../proof/schema/apply-schema.ts';
import type { SchemaFile } from '../proof/schema/read-schema.ts';
import type { Scratch, ScratchDatabase } from '../scratch/scratch.ts';
import { createMigrationRuns, type MigrateEngine } from './create-migration-runs.ts';
import type { InvariantContext, InvariantKind, Violation } from './invariant.ts';
import { INVARIANT_KINDS } from './list.ts';
import { type LoadedInvariants, loadInvariants } from './load-invariants.ts';
import { tryOut } from './try-out.ts';

export interface CheckInvariantsOptions {
  readonly scratch: Scratch;
  readonly files: readonly LintFile[];
  /** What was there before the first file. */
  readonly baseline: readonly SchemaFile[];
  /** Holds `*.yaml` and `*.sql`. */
  readonly folder: string;
  /** Runs a folder of migrations against a database, all phases. Left out: such runs cannot be tried. */
  readonly migrate?: MigrateEngine | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Looks on scratch databases, to which all migrations were applied, whether everything is as declared. */
export async function checkInvariants(
  system: System,
  options: CheckInvariantsOptions,
): Promise<readonly LintFinding[]> {
  const loaded = await loadInvariants(system, options.folder);
  const findings: LintFinding[] = [...loaded.findings];
  for (const { document, locate } of loaded.documents) {
    const files = filesOf(options.files, document.database);
    const database = await createDatabase(system, options, files);
    const session = await database.connect('onward invariants');
    try {
      const schema = await prepare(session, document.given);
      const runs = createMigrationRuns(system, { ...options, files });
      const context: InvariantContext = { session, schema, runs };
      for (const kind of INVARIANT_KINDS) {
        for (const violation of await kind.check(context, document)) findings.push(toFinding(kind, violation, locate));
      }
    } catch (error) {
      if (!(error instanceof PostgresError)) throw error;
      findings.push(toFinding(GIVEN, { message: error.message, at: ['given'] }, locate));
    } finally {
      await session.close();
    }
  }
  return [...findings, ...(await checkQueries(system, options, loaded.queries))];
}

const GIVEN = { name: 'given', help: 'Mend the SQL that the invariants start from.' };

/** Files of the database that is named; without a name all of them. */
function filesOf(files: readonly LintFile[], database: string | undefined): readonly LintFile[] {
  return database === undefined ? files : files.filter((file) => file.database === database);
}

async function createDatabase(
  system: System,
  { scratch, baseline, signal }: CheckInvariantsOptions,
  files: readonly LintFile[],
): Promise<ScratchDatabase> {
  const database = await scratch.createDatabase();
  await applySchema(system, database.target, [...baseline, ...files], { mayCreateRoles: scratch.isEmbedded, signal });
  return database;
}

/** Runs what the invariants start from, and gives every table rows. */
async function prepare(session: Session, given: string | undefined) {
  if (given !== undefined) await session.query(given);
  const { rows } = await session.query<{ oid: number }>(
    `select class.oid::int as oid from pg_catalog.pg_class as class join pg_catalog.pg_namespace as space on space.oid = relnamespace
     where relkind = 'r' and nspname not in ('pg_catalog', 'information_schema', 'onward') and nspname not like 'pg\\_%'`,
  );
  await fillTables(
    session,
    rows.map(({ oid }) => oid),
    { rows: 3 },
  );
  return loadSchema(session);
}

function toFinding(
  kind: Pick<InvariantKind, 'name' | 'help'>,
  { message, at, isUnknown }: Violation,
  locate: (at: readonly PropertyKey[]) => Position,
): LintFinding {
  const { file, line = 1, column = 1 } = locate(at);
  const rule = `invariant-${kind.name}`;
  const said = { rule, class: isUnknown ? 'unanalysed' : 'discipline', message, help: kind.help } as const;
  return { ...fileFinding(file, said), source: 'invariant', line, column };
}

async function checkQueries(
  system: System,
  options: CheckInvariantsOptions,
  queries: LoadedInvariants['queries'],
): Promise<readonly LintFinding[]> {
  if (queries.length === 0) return [];
  const database = await createDatabase(system, options, options.files);
  const session = await database.connect('onward invariants');
  const findings: LintFinding[] = [];
  try {
    await prepare(session, undefined);
    for (const { path, statements } of queries) {
      for (const { text, line } of statements) {
        const trial = await tryOut(session, text);
        if (trial.kind === 'done' && trial.rows.length === 0) continue;
        const message =
          trial.kind === 'refused'
            ? `it cannot be asked: ${trial.message}`
            : `it gives ${describeRows(trial.rows)}, and should give none`;
        const said = { rule: 'invariant-query', class: 'discipline', message, help: HELP } as const;
        findings.push({ ...fileFinding(path, said), source: 'invariant', line, statement: shortenStatement(text) });
      }
    }
  } finally {
    await session.close();
  }
  return findings;
}

const HELP = 'Change the migrations so that the query gives no row, or correct the query.';

function describeRows(rows: readonly object[]): string {
  const first = JSON.stringify(rows[0]);
  return rows.length === 1 ? `the row ${first}` : `${rows.length} rows, the first of which is ${first}`;
}
