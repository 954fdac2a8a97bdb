import type { Routine, Schema } from '../schema/index.ts';
import { loadSqlParser, PostgresError, type Session, type SqlParser } from '../system/index.ts';
import { collectWords } from './named-words.ts';

/** Languages whose bodies the server knows, or that hold no SQL. */
const OPAQUE = ['c', 'internal'];

export interface RoutinesCheck {
  /** Those that worked before and would fail, with what the server says. */
  readonly broken: readonly string[];
  /** Those whose text names what goes: nobody can tell whether they need it. */
  readonly mentions: readonly string[];
}

/**
 * What the routines that stay have to do with what goes. The server itself is asked about a body in SQL: it must still accept what it accepted
 * before. In any other language the text is looked through. Both sessions are on copies; nothing stays changed on them.
 */
export async function checkRoutines(
  copies: { readonly before: Session; readonly after: Session },
  { schema, names }: { readonly schema: Schema; readonly names: readonly string[] },
): Promise<RoutinesCheck> {
  const parser = await loadSqlParser();
  const broken: string[] = [];
  const mentions: string[] = [];
  for (const [name, routine] of Object.entries(schema.routines)) {
    if (OPAQUE.includes(routine.language) || routine.definition === null) continue;
    if (routine.language === 'sql') {
      const refusal = await tryOut(copies.after, routine.definition);
      if (refusal !== undefined && (await tryOut(copies.before, routine.definition)) === undefined)
        broken.push(`${routine.kind} ${name} would fail: ${refusal}`);
    } else {
      const found = findMentioned(parser, routine, names);
      if (found.length > 0) mentions.push(`${routine.kind} ${name} names ${found.join(', ')}`);
    }
  }
  return { broken, mentions };
}

/** What the server says against a definition; `undefined`: it accepts it. */
async function tryOut(session: Session, definition: string): Promise<string | undefined> {
  try {
    await session.query('begin; set local check_function_bodies = on');
    await session.query(definition);
    return undefined;
  } catch (error) {
    if (!(error instanceof PostgresError) || session.isLost) throw error;
    return error.message;
  } finally {
    await session.query('rollback');
  }
}

function findMentioned(parser: SqlParser, { body }: Routine, names: readonly string[]): readonly string[] {
  const words = wordsOf(parser, body);
  return names.filter((name) => words.has(name) || words.has(name.toLowerCase()));
}

/** A body in a language that the scanner of SQL cannot read is looked through as it is. */
function wordsOf(parser: SqlParser, body: string): ReadonlySet<string> {
  try {
    return collectWords(parser, body, 'a body');
  } catch {
    return new Set([...body.toLowerCase().matchAll(/[\p{L}_][\p{L}\p{N}_$]*/gu)].map(([word]) => word));
  }
}
