import type { DataMigrationScope } from '../../model/index.ts';
import { PostgresError, type Session } from '../../system/index.ts';
import { scopesRefused } from '../service/errors.ts';

/** A vendor's query that never ends must not hold a data migration up for ever. */
const LIMIT_MS = 60_000;
const MOST_PARTS = 100_000;

/**
 * The values of a scope as text, each once, in the order of the vendor's query, which can write nothing. Throws `data-migrate.scopes-refused`
 * when it fails, or gives anything but one column without nulls.
 */
export async function loadScopeValues(
  session: Session,
  { id, scope }: { readonly id: string; readonly scope: DataMigrationScope },
): Promise<readonly string[]> {
  try {
    const { rows, columns } = await session.transaction(async () => {
      await session.query(`set transaction read only; set local statement_timeout = ${LIMIT_MS}`);
      return session.query(scope.values ?? '', []);
    });
    if (columns.length !== 1) throw scopesRefused(id, 'its query gives something else than one column');
    if (rows.length > MOST_PARTS) throw scopesRefused(id, `its query gives more than ${MOST_PARTS} parts`);
    const values = rows.map((row) => {
      const [value] = Object.values(row);
      if (value === null || value === undefined) throw scopesRefused(id, 'its query gives a part that is null');
      return String(value);
    });
    return [...new Set(values)];
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    throw scopesRefused(id, `the server refused its query with "${error.message}" (${error.code})`);
  }
}
