import { quoteLiteral, quoteName, statementLocks } from '../../sql/index.ts';
import type { Session, SqlStatement, System } from '../../system/index.ts';
import { attempt, attemptInside, type StatementFailure } from './attempt.ts';
import { adaptRows } from './fill/adapt-rows.ts';
import type { KnownRelation, KnownRelations } from './known-relations.ts';
import { type Keeping, type MeasuredStatement, measureStatement, UNMEASURED } from './measure-statement.ts';
import type { MeasuringSession } from './measuring-session.ts';

export interface Recovery {
  readonly statement: SqlStatement;
  readonly keeping: Keeping;
  readonly isEmbedded: boolean;
  /** The measurement that ended with an error. */
  readonly first: MeasuredStatement;
}

/** Rounds of mending, each of which may bring up another obstacle. */
const MAX_ROUNDS = 200;

/**
 * Measures a statement again after the cause of its refusal was removed, when that lies in the scratch database and not in the statement: a
 * role that only the real server has, or generated rows that the real tables may not have.
 */
export async function recover(
  system: System,
  measuring: MeasuringSession,
  recovery: Recovery,
): Promise<MeasuredStatement & { readonly refusedRows?: StatementFailure }> {
  const { statement, keeping, isEmbedded } = recovery;
  let current = recovery.first;
  let refusedRows: StatementFailure | undefined;
  for (let round = 0; round < MAX_ROUNDS && current.error; round += 1) {
    if (isEmbedded && 'CreateRoleStmt' in statement.node && current.error.code === '42710') return UNMEASURED;
    const isMended =
      (isEmbedded && (await createMissingRole(measuring.session, current.error))) ||
      (keeping === 'joined' && (await removeConflict(measuring, statement, current.error)));
    if (!isMended) break;
    if (isDataError(current.error)) refusedRows ??= current.error;
    current = await measureStatement(system, measuring, { statement, keeping });
  }
  if (current.error && isDataError(current.error) && keeping === 'joined') {
    refusedRows ??= current.error;
    current = await measureOnOtherRows(system, measuring, { ...recovery, first: current });
  }
  if (current.error && isDataError(current.error) && keeping === 'kept') {
    refusedRows ??= current.error;
    current = await measureOnNoRows(system, measuring, { ...recovery, first: current });
  }
  return refusedRows && !current.error ? { ...current, refusedRows } : current;
}

/** The server looked at rows and did not like them. */
function isDataError({ code }: StatementFailure): boolean {
  return code.startsWith('22') || code.startsWith('23');
}

/** Files name roles that only the real servers have. Only on a server of our own. */
export async function createMissingRole(session: Session, { code, message }: StatementFailure): Promise<boolean> {
  const [, name] = /^role "(.*)" does not exist$/s.exec(message) ?? [];
  if (code !== '42704' || name === undefined) return false;
  return (await attempt(session, `create role ${quoteName(name)} nologin`)) === undefined;
}

/** A row that a migration adds has the key of a generated one, which makes room for it. Its children stay. */
async function removeConflict(
  { session, known }: MeasuringSession,
  { node }: SqlStatement,
  { code, detail, table }: StatementFailure,
): Promise<boolean> {
  const [, key, values] = /^Key \((.*)\)=\((.*)\) already exists\.$/s.exec(detail ?? '') ?? [];
  const isDefinition = 'IndexStmt' in node || 'AlterTableStmt' in node;
  if (code !== '23505' || isDefinition || table === undefined || key === undefined || values === undefined)
    return false;
  const target = findTable(known, table);
  if (!target) return false;
  const role = await attemptInside(session, 'set local session_replication_role = replica');
  const condition = `concat_ws(', ', ${key}) = ${quoteLiteral(values)}`;
  const refusal = await attemptInside(session, `delete from ${target.quoted} where ${condition}`);
  if (!role) await session.query('set local session_replication_role = origin');
  return refusal === undefined;
}

function findTable(known: KnownRelations, name: string): KnownRelation | undefined {
  for (const table of known.oldTables()) if (table.name.endsWith(`.${name}`)) return table;
  return undefined;
}

/**
 * Finds out on emptied tables what the statement wants of rows, and changes the rows so that they comply. Where that does not help either, it
 * is measured with the tables empty, which tells its locks and rewrites but not its scans.
 */
async function measureOnOtherRows(
  system: System,
  measuring: MeasuringSession,
  { statement, keeping, first }: Recovery,
): Promise<MeasuredStatement> {
  const { session, known } = measuring;
  const tables = concerned(known, statement, first.error);
  if (tables.length === 0) return first;
  const names = tables.map(({ quoted }) => quoted).join(', ');
  await session.query('savepoint onward_rows');
  const isAdapted = await adaptRows(session, {
    tables: tables.map(({ oid }) => oid),
    // On empty tables the statement shows which rows it would accept.
    change: async () => {
      const isEmptied = (await attemptInside(session, `truncate ${names} cascade`)) === undefined;
      return isEmptied && (await attemptInside(session, statement.text)) === undefined;
    },
  });
  if (isAdapted) {
    const second = await measureStatement(system, measuring, { statement, keeping });
    if (!second.error) {
      await session.query('release savepoint onward_rows');
      return second;
    }
  }
  await session.query('rollback to savepoint onward_rows');
  const emptied = await attemptInside(session, `truncate ${names} cascade`);
  const last = emptied ? first : await measureStatement(system, measuring, { statement, keeping });
  if (last.error) {
    await session.query('rollback to savepoint onward_rows; release savepoint onward_rows');
    return first;
  }
  await session.query('release savepoint onward_rows');
  return withoutRows(last, tables);
}

/** For what cannot be in a transaction, such as a unique index that is built concurrently. What it has left of an index is dropped. */
async function measureOnNoRows(
  system: System,
  measuring: MeasuringSession,
  { statement, keeping, first }: Recovery,
): Promise<MeasuredStatement> {
  const { session, known } = measuring;
  const tables = concerned(known, statement, first.error);
  if (tables.length === 0) return first;
  const { rows } = await session.query<{ name: string }>(
    `select indexrelid::pg_catalog.regclass::text as name from pg_catalog.pg_index where not indisvalid and indrelid = any($1::oid[])`,
    [tables.map(({ oid }) => oid)],
  );
  for (const { name } of rows) await attempt(session, `drop index ${name}`);
  if (await attempt(session, `truncate ${tables.map(({ quoted }) => quoted).join(', ')} cascade`)) return first;
  return withoutRows(await measureStatement(system, measuring, { statement, keeping }), tables);
}

function withoutRows(measured: MeasuredStatement, tables: readonly KnownRelation[]): MeasuredStatement {
  const names = tables.map(({ name }) => name).join(', ');
  const reason = `no generated rows of ${names} were accepted, so scans cannot be told`;
  return { ...measured, effects: { ...measured.effects, unknown: [...measured.effects.unknown, reason] } };
}

/** The old tables that the statement names, or that the refusal names. */
function concerned(
  known: KnownRelations,
  { node }: SqlStatement,
  failure: StatementFailure | undefined,
): readonly KnownRelation[] {
  const named = statementLocks(node).targets.flatMap(
    ({ relation }) => known.findByName(`${relation.schema ?? 'public'}.${relation.name}`) ?? [],
  );
  const refused = failure?.table === undefined ? undefined : findTable(known, failure.table);
  const all = refused ? [...named, refused] : named;
  return [...new Set(all)].filter(({ kind }) => kind === 'r' || kind === 'p');
}
