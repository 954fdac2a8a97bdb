import type { ServiceDataMigration } from '../../model/index.ts';
import { PostgresError, type Session } from '../../system/index.ts';
import { scopesRefused } from './errors.ts';

const LIMIT_MS = 60_000;
const MOST_PARTS = 100_000;

/** One run of the program: all of it, or one part. */
export interface ServicePart {
  readonly args: readonly string[];
}

/** The parts, each with the arguments that name it, by the query that the release declares, in a transaction that can write nothing. */
export async function listParts(
  session: Session,
  { id, scope }: ServiceDataMigration,
): Promise<readonly ServicePart[]> {
  if (!scope) return [{ args: [] }];
  const { values = '' } = scope;
  try {
    const { rows, columns } = await session.transaction(async () => {
      await session.query(`set transaction read only; set local statement_timeout = ${LIMIT_MS}`);
      return session.query(values, []);
    });
    if (columns.length !== 1) throw scopesRefused(id, 'its query gives something else than one column');
    if (rows.length > MOST_PARTS) throw scopesRefused(id, `its query gives more than ${MOST_PARTS} parts`);
    return rows.map((row) => {
      const [value] = Object.values(row);
      if (value === null || value === undefined) throw scopesRefused(id, 'its query gives a part that is null');
      return { args: ['--scope-kind', scope.kind, '--scope-value', String(value)] };
    });
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    throw scopesRefused(id, `the server refused its query with "${error.message}" (${error.code})`);
  }
}
