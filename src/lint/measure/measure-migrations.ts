import { compareSchemas, loadSchema, type Schema, type SchemaChange } from '../../schema/index.ts';
import type { SqlStatement, System } from '../../system/index.ts';
import type { LintFile } from '../lint-file.ts';
import { scratchLost } from '../scratch/errors.ts';
import type { Scratch } from '../scratch/scratch.ts';
import { applyBaseline, applyShipped } from './apply-shipped.ts';
import { fillTables } from './fill/fill-tables.ts';
import { countRows, refreshKnownRelations } from './known-relations.ts';
import { measureFile } from './measure-file.ts';
import type { FileMeasurement, Measurement } from './measurement.ts';
import { connectMeasuring, type MeasuringSession } from './measuring-session.ts';
import { areAdditive, keepsRows } from './reach.ts';
import { loadSessionLeaks, resetSession } from './session-leaks.ts';

export interface MeasureOptions {
  readonly scratch: Scratch;
  /** In the order of applying. Shipped ones tell what is there, and are applied without being measured. */
  readonly files: readonly LintFile[];
  /** What makes what was there before the first file. Each database of the files starts from it. */
  readonly baseline?: string | readonly SqlStatement[];
  /** 200 unless told: enough to tell a scan from a lookup. */
  readonly rowsPerTable?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: { readonly file: string; readonly index: number; readonly total: number }) => void;
}

const ROWS_PER_TABLE = 200;

/**
 * Applies files to a new database of the scratch server, in which every table that a file finds has rows, and says what each statement did. A
 * statement that fails is part of the answer, and what follows is measured without it. The database is dropped at the end. Throws
 * `lint.baseline-refused` when the baseline cannot be applied.
 */
export async function measureMigrations(system: System, options: MeasureOptions): Promise<Measurement> {
  const measured: FileMeasurement[] = [];
  for (const database of new Set(options.files.map((file) => file.database))) {
    const files = options.files.filter((file) => file.database === database);
    if (files.every(({ isShipped }) => isShipped)) continue;
    measured.push(...(await measureDatabase(system, { ...options, files })));
  }
  return { serverVersion: options.scratch.serverVersion, files: measured };
}

async function measureDatabase(system: System, options: MeasureOptions): Promise<readonly FileMeasurement[]> {
  const { scratch } = options;
  const database = await scratch.createDatabase();
  try {
    const measuring = await connectMeasuring(system, database);
    try {
      return await measureAll(system, measuring, options);
    } catch (error) {
      throw measuring.session.isLost ? scratchLost(error) : error;
    } finally {
      await measuring.close();
    }
  } finally {
    await database.drop();
  }
}

async function measureAll(
  system: System,
  measuring: MeasuringSession,
  options: MeasureOptions,
): Promise<readonly FileMeasurement[]> {
  const { files, baseline, scratch } = options;
  if (baseline !== undefined) await applyBaseline(measuring, baseline, scratch);
  const measured: FileMeasurement[] = [];
  const state: State = {
    group: undefined,
    unfillable: new Set(),
    empty: new Map(),
    isStale: true,
    schema: undefined,
    releaseSchema: undefined,
  };
  for (const [index, file] of files.entries()) {
    options.signal?.throwIfAborted();
    options.onProgress?.({ file: file.path, index, total: files.length });
    const isMeasured = !file.isShipped;
    if (isMeasured) measured.push(await measureNext(system, measuring, { ...options, file, state }));
    else {
      measured.push(...(await applyShipped(measuring, file, scratch)));
      state.isStale = true;
      state.schema = undefined;
    }
  }
  return measured;
}

/** What goes on from one file to the next. */
interface State {
  /** Release and phase of the last measured file. */
  group: string | undefined;
  /** Tables that have been tried and have fewer rows than wanted nevertheless. */
  readonly unfillable: Set<number>;
  /** Tables that have been tried and have no row, and why. */
  readonly empty: Map<number, string>;
  /** Relations or numbers of rows may have changed behind the back of `known`. */
  isStale: boolean;
  /** After the last file; `undefined` when it is not known any more. */
  schema: Schema | undefined;
  /** Before the first file of the release: what its clients know. */
  releaseSchema: Schema | undefined;
}

interface Work extends MeasureOptions {
  readonly file: LintFile;
  readonly state: State;
}

async function measureNext(system: System, measuring: MeasuringSession, work: Work): Promise<FileMeasurement> {
  const { file, state, scratch } = work;
  const { session, known } = measuring;
  await resetSession(session);
  // What another file of the same release and phase has made is new: nobody uses it yet.
  const group = `${file.release} ${file.phase}`;
  const isSameRelease = file.release !== '' && group === state.group;
  state.group = group;
  if (state.isStale) await refreshKnownRelations(session, known);
  if (!isSameRelease) known.markAllOld();
  if (state.isStale) await countRows(session, known);
  const { empty, forced } = await fillOld(measuring, work);
  const tables = known.oldRows();
  const isChange = !areAdditive(file.statements.map(({ node }) => node));
  const isFirst = file.release !== '' && !isSameRelease;
  if (isChange || isFirst) state.schema ??= await loadSchema(session);
  const before = isChange ? state.schema : undefined;
  if (!isSameRelease) state.releaseSchema = state.schema;
  const rowsPerTable = work.rowsPerTable ?? ROWS_PER_TABLE;
  const statements = await measureFile(system, measuring, { file, isEmbedded: scratch.isEmbedded, rowsPerTable });
  state.isStale =
    statements.some(({ refusedRows, error }) => refusedRows || error) ||
    !file.statements.every(({ node }) => keepsRows(node));
  const leaks = await loadSessionLeaks(session);
  let changes: readonly SchemaChange[] = [];
  // Of a file that only adds, nothing is looked at.
  state.schema = undefined;
  if (before) {
    // Whatever role and settings the file has left must not change what is seen.
    if (leaks.length > 0) await resetSession(session);
    state.schema = await loadSchema(session);
    changes = compareSchemas(before, state.schema).filter((change) => isOldChange(change, state.releaseSchema));
  }
  return { file: file.path, statements, changes, leaks, tables, empty, forced };
}

/** Of something that the clients of before can know. */
function isOldChange({ kind, of, name, change }: SchemaChange, before: Schema | undefined): boolean {
  if (change === 'added' && of === null) return true;
  if (kind === 'privileges' || kind === 'default privileges') return true;
  const owner = of ?? name;
  const kept = [before?.tables, before?.views, before?.types, before?.sequences, before?.routines, before?.schemas];
  const others = [before?.extensions, before?.statistics];
  return [...kept, ...others].some((named) => named && owner in named);
}

/** Fills the old tables that have few rows, such as those that the last file has made or emptied. */
async function fillOld(
  { session, known }: MeasuringSession,
  { state, rowsPerTable = ROWS_PER_TABLE }: Work,
): Promise<Pick<FileMeasurement, 'empty' | 'forced'>> {
  const poor = [...known.oldTables()].filter(({ kind, oid }) => kind === 'r' && known.rowsOf(oid) < rowsPerTable / 2);
  // One that had a few rows and was emptied gets them again.
  const isHopeless = (oid: number) => state.unfillable.has(oid) && known.rowsOf(oid) > 0;
  const wanted = poor.filter(({ oid }) => !isHopeless(oid) && !state.empty.has(oid));
  const oids = wanted.map(({ oid }) => oid);
  const report = await fillTables(session, oids, { rows: rowsPerTable });
  for (const [oid, rows] of report.rows) {
    known.setRows(oid, rows);
    if (rows < rowsPerTable / 2) state.unfillable.add(oid);
  }
  for (const { table, reason } of report.empty) state.empty.set(table, reason);
  const nameOf = (oid: number) => known.find(oid)?.name ?? '';
  return {
    empty: [...state.empty]
      .filter(([oid]) => known.rowsOf(oid) === 0)
      .map(([oid, reason]) => ({ table: nameOf(oid), reason })),
    forced: report.forced.map(nameOf),
  };
}
