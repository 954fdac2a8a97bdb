import { readFileSync } from 'node:fs';
import pg from 'pg';
import { json } from './http.mjs';

const { DATABASE_URL, PGPASSWORD_FILE } = process.env;

/** At DATABASE_URL; else where PGHOST and the others say, with the password that a file holds. */
export const database = new pg.Pool({
  ...(DATABASE_URL ? { connectionString: DATABASE_URL } : {}),
  ...(PGPASSWORD_FILE ? { password: readFileSync(PGPASSWORD_FILE, 'utf8').trim() } : {}),
  max: 8,
  connectionTimeoutMillis: 5_000,
});
// A connection that breaks while it is idle is replaced by the next query; it is no reason to end.
database.on('error', (error) => console.error(error.message));

/** The first row, or `undefined`. */
export async function queryRow(sql, values) {
  const { rows } = await database.query(sql, values);
  return rows[0];
}

/**
 * 200 once the database answers and its schema has what this release needs; a newer schema is as good. Else 503 and the reason.
 *
 * @param {{ revision: number, tables: string[] }} needs
 */
export async function readiness(needs) {
  const release = process.env.ONWARD_RELEASE;
  try {
    const { schema, missing } = await queryRow(
      `select (select max(revision) from schema_revisions) as schema,
              (select array_agg(name) from unnest($1::text[]) as name where to_regclass(name) is null) as missing`,
      [needs.tables],
    );
    const reason =
      schema < needs.revision
        ? `the schema is at revision ${schema}, and this release needs ${needs.revision}`
        : missing && `the database has no table ${missing.join(', ')}`;
    return json(reason ? 503 : 200, { release, schema, needs: needs.revision, reason: reason ?? undefined });
  } catch (error) {
    return json(503, { release, needs: needs.revision, reason: error.message });
  }
}
