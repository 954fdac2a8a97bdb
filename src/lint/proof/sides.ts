import { quoteLiteral, quoteName } from '../../sql/index.ts';
import type { ConnectionTarget, PostgresError, Session, System } from '../../system/index.ts';

/** A session on the schema before, and one on the schema after. */
export interface Sides {
  readonly before: Session;
  readonly after: Session;
}

/** Who runs a statement, and where its names are looked up. */
export interface StatementContext {
  readonly role?: string;
  readonly searchPath?: string;
}

/** Nothing on a scratch database takes this long; a recorded `pg_sleep` or a waiting lock may. */
const STATEMENT_TIMEOUT = '5s';

const SETTINGS = {
  plan_cache_mode: 'force_generic_plan',
  statement_timeout: STATEMENT_TIMEOUT,
  lock_timeout: '1s',
  TimeZone: 'UTC',
  jit: 'off',
  // Tables of a scratch database are tiny: planning more than once round gives nothing.
  geqo_threshold: '2',
  client_min_messages: 'error',
};

export async function openSides(
  system: System,
  targets: { readonly before: ConnectionTarget; readonly after: ConnectionTarget },
): Promise<Sides & { close(): Promise<void> }> {
  const open = (target: ConnectionTarget) =>
    system.postgres.connect(target, { applicationName: 'onward proof', settings: SETTINGS });
  const before = await open(targets.before);
  try {
    const after = await open(targets.after);
    return { before, after, close: async () => void (await Promise.all([before.close(), after.close()])) };
  } catch (error) {
    await before.close();
    throw error;
  }
}

/** Goes on in both sessions as this role under this path. Gives what a side refuses that with: a role that is not there, or not allowed. */
export async function enterContext(
  { before, after }: Sides,
  context: StatementContext,
): Promise<PostgresError | undefined> {
  const { role, searchPath } = context;
  const path = searchPath === undefined ? 'reset search_path' : setSearchPath(searchPath);
  const texts = ['reset role', path, ...(role === undefined ? [] : [`set role ${quoteName(role)}`])];
  const results = await Promise.all([before.script(texts.join('; ')), after.script(texts.join('; '))]);
  return results.find(({ error }) => error)?.error;
}

function setSearchPath(searchPath: string): string {
  return `select pg_catalog.set_config('search_path', ${quoteLiteral(searchPath)}, false)`;
}
