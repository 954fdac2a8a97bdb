import { PostgresError, type Session, type SqlNode, type SqlParser, type StatementShape } from '../../system/index.ts';
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
  readonly node: SqlNode | undefined;
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

/** So many statements are told of before anybody is asked whether to go on. */
const AT_ONCE = 200;

/** Prepares statements on both sides at once; one is settled when that does not succeed on both. */
export async function prepareTrials(
  sides: Sides,
  trials: readonly Trial[],
  { parser, signal }: { readonly parser: SqlParser; readonly signal: AbortSignal | undefined },
): Promise<{ readonly prepared: readonly PreparedTrial[]; readonly settled: readonly SettledTrial[] }> {
  const prepared: PreparedTrial[] = [];
  const settled: SettledTrial[] = [];
  for (let start = 0; start < trials.length; start += AT_ONCE) {
    signal?.throwIfAborted();
    const some = trials.slice(start, start + AT_ONCE);
    const texts = some.map(({ statement, name }) => ({ sql: statement.sql, name }));
    const [before, after] = await Promise.all([sides.before.describeAll(texts), sides.after.describeAll(texts)]);
    for (const [index, trial] of some.entries()) {
      const result = await prepareTrial(sides, parser, { trial, before: before[index], after: after[index] });
      if ('verdict' in result) settled.push(result);
      else prepared.push(result);
    }
  }
  return { prepared, settled };
}

type Described = StatementShape | PostgresError | undefined;

async function prepareTrial(
  sides: Sides,
  parser: SqlParser,
  direct: { readonly trial: Trial; readonly before: Described; readonly after: Described },
): Promise<PreparedTrial | SettledTrial> {
  const { trial } = direct;
  const { statement, name } = trial;
  const before = isShape(direct.before)
    ? { sql: statement.sql, shape: direct.before }
    : await prepareStatement(sides.before, parser, { sql: statement.sql, name });
  if (before instanceof PostgresError) {
    const why = `it cannot be prepared on the schema before either: ${describeFailure(before)}`;
    return { ...trial, verdict: { kind: 'not provable', why }, isDenied: before.code === DENIED };
  }
  const after = isShape(direct.after)
    ? { sql: statement.sql, shape: direct.after }
    : await prepareAsBefore(sides.after, { sql: before.sql, name });
  if (after instanceof PostgresError) {
    const verdict = { kind: 'breaks', sqlState: after.code, message: after.message, stage: 'prepare' } as const;
    return { ...trial, verdict, before };
  }
  const [parsed] = parser.split(before.sql, 'a statement');
  return {
    ...trial,
    before,
    after,
    node: parsed?.node,
    isPlannable: PLANNABLE.some((kind) => parsed && kind in parsed.node),
  };
}

function isShape(described: Described): described is StatementShape {
  return described !== undefined && !(described instanceof PostgresError);
}

/** Repaired as it was for the schema before, or not at all: what one schema needs is not to be hidden by a repair for the other. */
async function prepareAsBefore(
  session: Session,
  { sql, name }: { readonly sql: string; readonly name: string },
): Promise<PreparedStatement | PostgresError> {
  const [shape] = await session.describeAll([{ sql, name }]);
  if (!shape) throw new Error('The server told nothing of a statement');
  return shape instanceof PostgresError ? shape : { sql, shape };
}

/** `column "total" does not exist (42703)`. */
export function describeFailure({ message, code }: PostgresError): string {
  return `${message} (${code})`;
}
