import {
  offsetOfCharacter,
  PostgresError,
  type Session,
  type SqlParser,
  type StatementShape,
} from '../../../system/index.ts';
import { castParameters, placeWithoutCasts } from './ambiguous-parameter.ts';
import { closeGaps } from './edit-text.ts';
import { uniteGroupedParameters } from './grouped-parameters.ts';
import { repairTypedLiteral } from './typed-literal.ts';

export interface PreparedStatement {
  /** As it could be prepared: the recorded text, or a repaired one. */
  readonly sql: string;
  readonly shape: StatementShape;
}

/** A statement has few places that need a repair; more than this is something else. */
const MAX_REPAIRS = 12;

const SYNTAX = '42601';
const NOT_GROUPED = ['42803', '42P10'];
const UNTYPED = ['42725', '42P18', '42883', '42804', '42P08'];

/**
 * Prepares a statement under a name, without running it. The texts of pg_stat_statements have parameters where constants were, and some
 * of those cannot be prepared as they stand: they are repaired, guided by what the server says. Gives the first error when no repair helps.
 */
export async function prepareStatement(
  session: Session,
  parser: SqlParser,
  statement: { readonly sql: string; readonly name: string },
): Promise<PreparedStatement | PostgresError> {
  let { sql } = statement;
  let failure = await attempt(session, sql, statement.name);
  if (!(failure instanceof PostgresError)) return failure;
  const first = failure;
  for (let repairs = 0; repairs < MAX_REPAIRS; repairs += 1) {
    let next: Attempt | undefined;
    // A wrong type may only move the trouble outwards, so one that ends it is looked for first.
    for (const candidate of proposeRepairs(parser, sql, failure)) {
      const result = await attempt(session, candidate, statement.name);
      if (!(result instanceof PostgresError)) return result;
      const tried = { sql: candidate, failure: result };
      if (!next && isFurther({ sql, failure }, tried)) next = tried;
    }
    if (!next) return first;
    ({ sql, failure } = next);
  }
  return first;
}

async function attempt(session: Session, sql: string, name: string): Promise<PreparedStatement | PostgresError> {
  try {
    return { sql, shape: await session.describe(sql, name) };
  } catch (error) {
    if (error instanceof PostgresError && !session.isLost) return error;
    throw error;
  }
}

function proposeRepairs(parser: SqlParser, sql: string, error: PostgresError): readonly string[] {
  const offset = error.position === undefined ? undefined : offsetOfCharacter(sql, error.position - 1);
  if (error.code === SYNTAX && offset !== undefined) {
    const repaired = repairTypedLiteral(sql, parser.tokens(sql, 'a statement'), offset);
    return repaired === undefined ? [] : [closeGaps(repaired, parser.tokens(repaired, 'a statement'))];
  }
  if (!NOT_GROUPED.includes(error.code) && !UNTYPED.includes(error.code)) return [];
  const [parsed] = parser.split(sql, 'a statement');
  if (!parsed) return [];
  if (UNTYPED.includes(error.code)) return castParameters(sql, parsed.node, { offset, message: error.message });
  const united = uniteGroupedParameters(sql, parsed.node, (text) => parser.tokens(text, 'a statement'));
  return united === undefined ? [] : [united];
}

interface Attempt {
  readonly sql: string;
  readonly failure: PostgresError;
}

/** Whether a repair has moved the trouble to another place, or to another kind. */
function isFurther(before: Attempt, after: Attempt): boolean {
  if (!UNTYPED.includes(after.failure.code)) return true;
  if (!UNTYPED.includes(before.failure.code)) return true;
  return placeOf(before) !== placeOf(after);
}

function placeOf({ sql, failure }: Attempt): string {
  const [parameter] = /parameter \$\d+/.exec(failure.message) ?? [];
  if (parameter !== undefined) return parameter;
  const offset = failure.position === undefined ? sql.length : offsetOfCharacter(sql, failure.position - 1);
  return String(placeWithoutCasts(sql, offset));
}
