import { compareSchemas, loadSchema, renderRepairs } from '../schema/index.ts';
import { quoteName } from '../sql/index.ts';
import { type ConnectionTarget, PostgresError, type Session, type System } from '../system/index.ts';

const APPLICATION_NAME = 'onward proof';

/** The schema cannot be copied to the scratch server, such as for want of an extension. */
export class NotCopied extends Error {}

/** Makes the schema of a database in an empty one, which only the session uses. Closes the session. Throws `NotCopied`. */
export async function copySchema(system: System, target: ConnectionTarget, empty: Session): Promise<void> {
  const live = await system.postgres.connect(target, { applicationName: APPLICATION_NAME });
  try {
    await createRoles(live, empty);
    const changes = compareSchemas(await loadSchema(empty), await loadSchema(live));
    await empty.query(renderRepairs(changes));
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    throw new NotCopied(`The schema could not be copied to the scratch server: ${error.message}.`);
  } finally {
    await live.close();
    await empty.close();
  }
}

/**
 * Roles belong to a server: those that privileges and policies of the database name are made on the other one, where they can do nothing. They
 * stay there, as another copy may be using them.
 */
async function createRoles(live: Session, empty: Session): Promise<void> {
  const { rows } = await live.query<{ name: string }>(
    `select distinct r.rolname as name from pg_catalog.pg_shdepend d join pg_catalog.pg_roles r on r.oid = d.refobjid
     where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
       and d.dbid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())`,
  );
  const { rows: known } = await empty.query<{ name: string }>('select rolname as name from pg_catalog.pg_roles');
  for (const { name } of rows.filter((role) => !known.some((there) => there.name === role.name))) {
    await empty.query(`create role ${quoteName(name)}`).catch((error: unknown) => {
      // Another copy has made it meanwhile.
      if (!(error instanceof PostgresError) || !['42710', '23505'].includes(error.code)) throw error;
    });
  }
}
