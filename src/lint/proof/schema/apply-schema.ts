import { isSessionSetting, quoteName, transactionControl } from '../../../sql/index.ts';
import {
  type ConnectionTarget,
  createLocator,
  PostgresError,
  renderCodeFrame,
  type Session,
  type SqlStatement,
  type System,
} from '../../../system/index.ts';
import { unusableSchema } from '../errors.ts';
import type { SchemaFile } from './read-schema.ts';

export interface ApplySchemaOptions {
  /** Roles that a schema grants something to are made when they are not there; only on a server of our own. */
  readonly mayCreateRoles: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Makes a schema in an empty database, statement by statement. Throws `lint.schema-fails` with the place of the one that is refused. */
export async function applySchema(
  system: System,
  target: ConnectionTarget,
  files: readonly SchemaFile[],
  options: ApplySchemaOptions,
): Promise<void> {
  const session = await system.postgres.connect(target, {
    applicationName: 'onward proof',
    settings: { TimeZone: 'UTC', client_min_messages: 'error' },
  });
  try {
    for (const file of files) {
      // A dump empties the search path for itself alone.
      await session.query('reset all');
      for (const statement of file.statements) {
        options.signal?.throwIfAborted();
        await applyStatement(session, { file, statement, options });
      }
    }
  } finally {
    await session.close();
  }
}

interface Step {
  readonly file: SchemaFile;
  readonly statement: SqlStatement;
  readonly options: ApplySchemaOptions;
}

async function applyStatement(session: Session, step: Step): Promise<void> {
  const { file, statement, options } = step;
  if (transactionControl(statement) !== undefined) return;
  const error = await attempt(session, statement.text);
  if (!error || isHarmless(statement, error)) return;
  const [, role] = /^role "(.*)" does not exist$/.exec(error.message) ?? [];
  if (role !== undefined && options.mayCreateRoles) {
    await session.query(`create role ${quoteName(role)}`);
    return applyStatement(session, step);
  }
  const place = createLocator(file.text)(statement.startOffset);
  throw unusableSchema(`${file.path}:${place.line}`, { error, frame: renderCodeFrame(file.text, place) });
}

async function attempt(session: Session, text: string): Promise<PostgresError | undefined> {
  try {
    await session.query(text);
    return undefined;
  } catch (error) {
    if (error instanceof PostgresError && !session.isLost) return error;
    throw error;
  }
}

/** Settings of a newer server than this one, and the schema that every database begins with. */
function isHarmless(statement: SqlStatement, { code, message }: PostgresError): boolean {
  // Roles belong to the server, where another scratch database may have asked for the same one.
  if ('CreateRoleStmt' in statement.node) return code === '42710';
  if (isSessionSetting(statement.node)) return code === '42704' || code === '22023';
  return code === '42P06' && message.includes('"public"');
}
