import { PostgresError, type Session } from '../../system/index.ts';

/** A statement that stays prepared in a session. */
export interface NamedStatement {
  readonly name: string;
  readonly parameterCount: number;
}

/** So many plans share a round trip and a transaction, whose locks they hold until its end. */
const STATEMENTS_PER_MESSAGE = 40;

/**
 * Plans prepared statements under a generic plan, which sees what preparing does not: the unique index that an `ON CONFLICT` needs, and
 * privileges. Nothing is run. Gives the errors by name.
 */
export async function planStatements(
  session: Session,
  statements: readonly NamedStatement[],
): Promise<ReadonlyMap<string, PostgresError>> {
  const failures = new Map<string, PostgresError>();
  for (let start = 0; start < statements.length; start += STATEMENTS_PER_MESSAGE) {
    const some = statements.slice(start, start + STATEMENTS_PER_MESSAGE);
    if ((await attempt(session, some.map(renderExplain).join(';\n'))) === undefined) continue;
    for (const statement of some) {
      const failure = await attempt(session, renderExplain(statement));
      if (failure) failures.set(statement.name, failure);
    }
  }
  return failures;
}

function renderExplain({ name, parameterCount }: NamedStatement): string {
  const values = parameterCount === 0 ? '' : `(${Array(parameterCount).fill('null').join(', ')})`;
  return `explain (costs off) execute ${name}${values}`;
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
