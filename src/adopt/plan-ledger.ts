import { type MigrationFile, observeMigrations } from '../migrate/index.ts';
import { compareVersions, type Finding, isVersion } from '../model/index.ts';
import { qualifiedName } from '../schema/index.ts';
import { type ConnectionTarget, PostgresError, type System } from '../system/index.ts';
import { noLedger, severalLedgers, unknownBaseline, unreadableLedger } from './errors.ts';
import { type FoundLedger, findLedgers } from './ledgers/find-ledgers.ts';
import { differsFromRecord, hasDownPart, offSearchPath, unprovenNames } from './ledgers/findings.ts';
import { type Matching, type MatchOptions, matchFiles } from './ledgers/match-files.ts';
import { noTool } from './ledgers/no-tool.ts';
import { splitSections } from './ledgers/sections.ts';
import { LEDGER_TOOLS } from './ledgers/tools.ts';
import { proveSchema, type SchemaProof } from './prove-schema.ts';

export interface LedgerRequest {
  /** As the product calls it. */
  readonly database: string;
  readonly target: ConnectionTarget;
  /** Every known file; those of other databases are left out. */
  readonly files: readonly MigrationFile[];
  /** Only the ledger of this tool, by its name. */
  readonly tool?: string;
  /** The ledger's table, when it is not called as usual. */
  readonly table?: string;
  /** A file, or a version up to which all files count: the schema was born with it. */
  readonly baseline?: string;
  /** Builds the files on a scratch server even if nothing demands it. */
  readonly prove?: boolean;
  /** Tables `<schema>.<name>` that are not the product's, such as the ledger of a tool that is not known: they are not compared. */
  readonly leaveOut?: readonly string[];
  /** The scratch server; an embedded one when left out. */
  readonly on?: ConnectionTarget;
  /** Other servers in use. */
  readonly never?: readonly ConnectionTarget[];
}

/** What a takeover would record, decided and not yet done. */
export interface LedgerPlan extends Matching {
  readonly database: string;
  readonly target: ConnectionTarget;
  readonly found: FoundLedger | undefined;
  /** The tool, as its people write it, and its table. */
  readonly title: string;
  readonly source: string;
  /** Paths that are in Onward's ledger already. */
  readonly recorded: readonly string[];
  /** Whether names alone say which files were applied, for want of checksums and of a proof. */
  readonly isByName: boolean;
  readonly proof?: SchemaProof;
}

/**
 * Finds the ledger of another tool in a database, reads it, and tells what it means for the product's files; builds those on a scratch
 * server where only that can tell. The database is only read. What stands in the way is among the findings, with severity `error`. Throws
 * `adopt.no-ledger`, `adopt.several-ledgers`, `adopt.unreadable-ledger`, `adopt.unknown-baseline`, and what `proveSchema` throws.
 */
export async function planLedger(system: System, request: LedgerRequest): Promise<LedgerPlan> {
  const { database, target } = request;
  const files = request.files.filter((file) => file.database === database);
  const options = readBaseline(request.baseline, files);
  const found = await find(system, request);
  const tool = found?.tool ?? noTool;
  const ledger = found?.ledger ?? { entries: [], findings: [] };
  const adoptable = files.map((file) => ({
    file,
    content: { text: file.text, sha256: file.checksum.replace(/^sha256:/, '') },
  }));
  const matching = matchFiles(tool, ledger, adoptable, options);
  const status = await observeMigrations(system, { database, target, files });
  const findings = [
    ...matching.findings,
    ...(found && !found.isOnPath ? [offSearchPath(found.tool, found.table.schema)] : []),
    ...files
      .filter(({ text }) => tool.marks && splitSections(text, tool.marks).down !== '')
      .map((file) => hasDownPart(tool, file)),
    ...status.drift.map(differsFromRecord),
  ];
  const plan = {
    ...matching,
    ...{ database, target, found, title: tool.title, source: found ? sourceOf(found) : 'the baseline' },
    recorded: [...status.applied, ...status.cosmetic].map(({ path }) => path),
    findings,
    isByName: false,
  };
  const isWord = plan.claimed.length > 0 || plan.taken.some(({ entry }) => entry.isOnlyTold);
  const mustProve = request.prove === true || request.baseline !== undefined || isWord;
  const isStopped = findings.some(({ severity }) => severity === 'error');
  if (!mustProve || isStopped) return withNames(plan);
  return { ...plan, proof: await prove(system, request, { plan, files }) };
}

/** What a table is called, with its schema. */
export function sourceOf({ table }: FoundLedger): string {
  return qualifiedName(table.schema, table.name);
}

async function find(system: System, request: LedgerRequest): Promise<FoundLedger | undefined> {
  const tool = LEDGER_TOOLS.find(({ name }) => name === request.tool);
  const session = await system.postgres.connect(request.target, { applicationName: 'onward adopt' });
  try {
    const { ledgers, strangers: all } = await findReadable(session, {
      ...(tool ? { tool } : {}),
      ...(request.table === undefined ? {} : { table: request.table }),
    });
    const strangers = all.filter(
      ({ schema, name }) => request.leaveOut?.includes(qualifiedName(schema, name)) !== true,
    );
    const [only, ...others] = ledgers;
    if (others.length > 0) throw severalLedgers(request.database, ledgers);
    const mayBeNone = request.baseline !== undefined && request.tool === undefined && request.table === undefined;
    if (!only && !(mayBeNone && strangers.length === 0)) throw noLedger(request.database, strangers);
    return only;
  } finally {
    await session.close();
  }
}

async function findReadable(...given: Parameters<typeof findLedgers>): ReturnType<typeof findLedgers> {
  try {
    return await findLedgers(...given);
  } catch (error) {
    if (!(error instanceof PostgresError) || error.code !== '42501') throw error;
    throw unreadableLedger(/table (\S+)$/.exec(error.message)?.[1] ?? 'the ledger', error.message);
  }
}

function readBaseline(wanted: string | undefined, files: readonly MigrationFile[]): MatchOptions {
  if (wanted === undefined) return {};
  const version = wanted.replace(/^v/, '');
  if (isVersion(version) && files.some((file) => file.version !== '')) {
    return { isBornWith: (file) => file.version !== '' && compareVersions(file.version, version) <= 0 };
  }
  const named = files.filter(
    ({ path }) => path === wanted || path.split('/').at(-1) === wanted || wanted.endsWith(`/${path}`),
  );
  const [baseline] = named;
  if (!baseline || named.length > 1)
    throw unknownBaseline(
      wanted,
      files.map(({ path }) => path),
    );
  return { baseline };
}

async function prove(
  system: System,
  request: LedgerRequest,
  { plan, files }: { readonly plan: LedgerPlan; readonly files: readonly MigrationFile[] },
): Promise<SchemaProof> {
  const { target, on, never } = request;
  const isThere = new Set([...plan.taken.map(({ file }) => file), ...plan.claimed]);
  const recorded = new Set(plan.recorded);
  return proveSchema(system, {
    target,
    files: files.filter((file) => isThere.has(file) || recorded.has(file.path)),
    leaveOut: [...listTables(plan.found), ...(request.leaveOut ?? [])],
    ...(on ? { on } : {}),
    ...(never ? { never } : {}),
  });
}

/** The tool's own tables, as a schema names them. */
function listTables(found: FoundLedger | undefined): readonly string[] {
  if (!found) return [];
  const { table, tool } = found;
  return [table.name, ...tool.tables.filter((name) => table.beside.includes(name))].map((name) =>
    qualifiedName(table.schema, name),
  );
}

function withNames(plan: LedgerPlan): LedgerPlan {
  if (!plan.found) return plan;
  const { tool } = plan.found;
  // One with another checksum is refused, which says more.
  const byName = plan.taken.filter(({ by, entry }) => by === 'name' && !(tool.checksumsOf && entry.checksum));
  if (byName.length === 0) return plan;
  const warning: Finding = unprovenNames(tool, byName.length);
  return { ...plan, isByName: true, findings: [...plan.findings, warning] };
}
