import { applySchema, openScratch, type Scratch, type ScratchDatabase, type ServerVersion } from '../lint/index.ts';
import type { MigrationFile } from '../migrate/index.ts';
import { OnwardError } from '../model/index.ts';
import { compareSchemas, loadSchema, type Schema } from '../schema/index.ts';
import { quoteName } from '../sql/index.ts';
import { type ConnectionTarget, loadSqlParser, type Session, type System } from '../system/index.ts';
import { unbuildableFiles } from './errors.ts';
import { type JudgedDifference, judgeEquality } from './judge-equality.ts';

export interface ProofRequest {
  readonly target: ConnectionTarget;
  /** In the order in which they run. */
  readonly files: readonly MigrationFile[];
  /** Tables of the other tool, quoted: the product does not have them. */
  readonly leaveOut: readonly string[];
  /** A server that holds nothing of value; an embedded one of the same major version when left out. */
  readonly on?: ConnectionTarget;
  /** Servers in use, besides that of the target. */
  readonly never?: readonly ConnectionTarget[];
}

/** `+` in its changes: only the database has it; `-`: only the files make it. */
export interface SchemaProof extends JudgedDifference {
  readonly serverVersion: number;
  readonly files: number;
}

const APPLICATION_NAME = 'onward adopt';

/**
 * Builds the files on an empty scratch database of the same major version and compares what comes of it with what is there. The database
 * itself is only read. Throws what opening a scratch server throws, and `adopt.unbuildable-files` for a file that cannot be built.
 */
export async function proveSchema(system: System, request: ProofRequest): Promise<SchemaProof> {
  const session = await system.postgres.connect(request.target, { applicationName: APPLICATION_NAME });
  try {
    const { serverVersion } = session;
    const live = withoutTables(await loadSchema(session), request.leaveOut);
    const path = await loadSearchPath(session);
    const built = await buildSchema(system, request, { serverVersion, path });
    return { ...judgeEquality(compareSchemas(built, live)), serverVersion, files: request.files.length };
  } finally {
    await session.close();
  }
}

interface Place {
  readonly serverVersion: number;
  readonly path: readonly string[];
}

async function buildSchema(system: System, request: ProofRequest, { serverVersion, path }: Place): Promise<Schema> {
  const version = Math.floor(serverVersion / 10_000) as ServerVersion;
  const { on, target, never = [] } = request;
  const scratch = await openScratch(system, { server: version, ...(on ? { on } : {}), never: [target, ...never] });
  try {
    const database = await scratch.createDatabase();
    await setSearchPath(database, path, request.files);
    await apply(system, { scratch, database, files: request.files });
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

async function apply(
  system: System,
  {
    scratch,
    database,
    files,
  }: { readonly scratch: Scratch; readonly database: ScratchDatabase; readonly files: readonly MigrationFile[] },
): Promise<void> {
  const parser = await loadSqlParser();
  const parsed = files.map(({ path, text }) => ({ path, text, statements: parser.split(text, path) }));
  try {
    await applySchema(system, database.target, parsed, { mayCreateRoles: scratch.isEmbedded });
  } catch (error) {
    if (!(error instanceof OnwardError) || error.code !== 'lint.schema-fails') throw error;
    throw unbuildableFiles(error);
  }
}

/** Where unqualified names lead to, for the role that the product has. */
async function loadSearchPath(session: Session): Promise<readonly string[]> {
  const { rows } = await session.query<{ path: readonly string[] }>(
    `select pg_catalog.to_json(pg_catalog.current_schemas(false)) as path`,
  );
  return (rows[0]?.path ?? []).filter((schema) => schema !== 'onward');
}

/** Makes unqualified names mean the same schemas as in the database, which must be there unless a file makes them. */
async function setSearchPath(
  database: ScratchDatabase,
  path: readonly string[],
  files: readonly MigrationFile[],
): Promise<void> {
  if (path.length === 0 || (path.length === 1 && path[0] === 'public')) return;
  const session = await database.connect(APPLICATION_NAME);
  try {
    for (const schema of path) {
      const makes = new RegExp(`create\\s+schema\\b[^;]*\\b${schema.replace(/\W/g, '\\$&')}\\b`, 'i');
      if (schema === 'public' || files.some(({ text }) => makes.test(text))) continue;
      await session.query(`create schema if not exists ${quoteName(schema)}`);
    }
    await session.query(
      `alter database ${quoteName(database.name)} set search_path = ${path.map((schema) => quoteName(schema)).join(', ')}`,
    );
  } finally {
    await session.close();
  }
}

/** Without tables and the sequences that go with them. */
function withoutTables(schema: Schema, names: readonly string[]): Schema {
  const keep = <T>(all: Readonly<Record<string, T>>, isLeftOut: (key: string, value: T) => boolean) =>
    Object.fromEntries(Object.entries(all).filter(([key, value]) => !isLeftOut(key, value)));
  return {
    ...schema,
    tables: keep(schema.tables, (key) => names.includes(key)),
    sequences: keep(schema.sequences, (_, { ownedBy }) => ownedBy !== null && names.includes(ownedBy.table)),
  };
}
