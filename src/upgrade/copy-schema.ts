import { compareSchemas, loadSchema, renderRepairs } from '../schema/index.ts';
import { type ConnectionTarget, PostgresError, type Session, type System } from '../system/index.ts';

const APPLICATION_NAME = 'onward proof';

/** The schema cannot be copied to the scratch server, such as for want of an extension. */
export class NotCopied extends Error {}

/** Makes the schema of a database in an empty one, which only the session uses. Closes the session. Throws `NotCopied`. */
export async function copySchema(system: System, target: ConnectionTarget, empty: Session): Promise<void> {
  const live = await system.postgres.connect(target, { applicationName: APPLICATION_NAME });
  try {
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
