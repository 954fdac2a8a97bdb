import { PostgresError, type SqlParser } from '../../system/index.ts';
import type { RecordedStatement } from '../record/statements-file.ts';
import { type PreparedStatement, prepareStatement } from './repair/prepare-statement.ts';
import type { Verdict } from './report.ts';
import type { Sides } from './sides.ts';

/** A recorded statement on its way to a verdict. */
export interface Trial {
  /** Its place in the list of recorded statements. */
  readonly index: number;
  readonly statement: RecordedStatement;
  /** Under which it is prepared on both sides. */
  readonly name: string;
}

export interface PreparedTrial extends Trial {
  readonly before: PreparedStatement;
  readonly after: PreparedStatement;
  /** What stands in the way of planning: CALL and other utility statements are only looked up. */
  readonly isPlannable: boolean;
}

export interface SettledTrial extends Trial {
  readonly verdict: Verdict;
  readonly before?: PreparedStatement;
  /** Not allowed to this role on the schema before either. */
  readonly isDenied?: boolean;
}

const PLANNABLE = ['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'];
const DENIED = '42501';

/** Prepares a statement on both sides at once; it is settled when that does not succeed on both. */
export async function prepareTrial(
  sides: Sides,
  parser: SqlParser,
  trial: Trial,
): Promise<PreparedTrial | SettledTrial> {
  const { statement, name } = trial;
  const { sql } = statement;
  const [before, direct] = await Promise.all([
    prepareStatement(sides.before, parser, { sql, name }),
    sides.after.describe(sql, name).then(
      (shape): PreparedStatement => ({ sql, shape }),
      (error: unknown) => error,
    ),
  ]);
  if (before instanceof PostgresError) {
    const why = `it cannot be prepared on the schema before either: ${describeFailure(before)}`;
    return { ...trial, verdict: { kind: 'not provable', why }, isDenied: before.code === DENIED };
  }
  const after = await takeAfter(sides, direct, { sql: before.sql, name });
  if (after instanceof PostgresError) {
    const verdict = { kind: 'breaks', sqlState: after.code, message: after.message, stage: 'prepare' } as const;
    return { ...trial, verdict, before };
  }
  const [parsed] = parser.split(before.sql, 'a statement');
  return { ...trial, before, after, isPlannable: PLANNABLE.some((kind) => parsed && kind in parsed.node) };
}

/** What was prepared directly, or, where that failed, what the repaired text gives. */
async function takeAfter(
  sides: Sides,
  direct: unknown,
  repaired: { readonly sql: string; readonly name: string },
): Promise<PreparedStatement | PostgresError> {
  if (!(direct instanceof Error)) return direct as PreparedStatement;
  if (!(direct instanceof PostgresError) || sides.after.isLost) throw direct;
  try {
    return { sql: repaired.sql, shape: await sides.after.describe(repaired.sql, repaired.name) };
  } catch (error) {
    if (error instanceof PostgresError && !sides.after.isLost) return error;
    throw error;
  }
}

/** `column "total" does not exist (42703)`. */
export function describeFailure({ message, code }: PostgresError): string {
  return `${message} (${code})`;
}
