import { observeMigrations } from '../migrate/index.ts';
import { type DatabaseFact, type Finding, OnwardError, type Release } from '../model/index.ts';
import type { ConnectionTarget, Session, System } from '../system/index.ts';
import type { Installation } from './installation.ts';

/** Looks at one database: the server, what is installed, and how its ledger compares with a release's files. Changes nothing. */
export async function observeDatabase(
  system: System,
  installation: Installation,
  wanted: {
    readonly name: string;
    readonly release: Release | undefined;
    /** Runs that began to install a first release, as long as none is completed. */
    readonly firstInstalls: readonly string[];
  },
): Promise<DatabaseFact> {
  const { name, release, firstInstalls } = wanted;
  const target = installation.databases.get(name);
  if (!target) throw new Error(`There is no database ${name}`);
  let session: Session;
  try {
    session = await system.postgres.connect(target, { applicationName: 'onward', retryForMs: 2_000 });
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    return { name, isReachable: false, evidence: error.message };
  }
  try {
    const server = await observeServer(session);
    const ledger = release ? await observeLedger(system, installation, { name, release, target }) : { drift: [] };
    return {
      name,
      isReachable: true,
      evidence: `${target.database} on ${target.host}:${target.port}`,
      ...server,
      isBegun: firstInstalls.length > 0 && (await isFilledBy(session, firstInstalls)),
      ...ledger,
    };
  } finally {
    await session.close();
  }
}

async function observeServer(session: Session) {
  const { rows } = await session.query<{ extensions: string[]; tables: string }>(
    `select (select coalesce(array_agg(name::text), '{}') from pg_catalog.pg_available_extensions) as extensions,
            (select count(*) from pg_catalog.pg_class as class join pg_catalog.pg_namespace as space on space.oid = class.relnamespace
             where class.relkind in ('r', 'p', 'v', 'm', 'S', 'f') and space.nspname not in ('onward', 'pg_catalog', 'information_schema')
               and space.nspname not like 'pg\\_%'
               and not exists (select from pg_catalog.pg_depend as depend where depend.objid = class.oid and depend.deptype = 'e')) as tables`,
  );
  return {
    serverVersion: session.serverVersion,
    extensions: rows[0]?.extensions ?? [],
    isEmpty: rows[0]?.tables === '0',
  };
}

/** Whether what is in the database was applied by one of these runs. */
async function isFilledBy(session: Session, runs: readonly string[]): Promise<boolean> {
  const { rows: tables } = await session.query<{ found: boolean }>(
    `select pg_catalog.to_regclass('onward.migration') is not null as found`,
  );
  if (tables[0]?.found !== true) return false;
  const { rows } = await session.query(`select from onward.migration where run = any($1) limit 1`, [runs]);
  return rows.length > 0;
}

async function observeLedger(
  system: System,
  installation: Installation,
  wanted: { readonly name: string; readonly release: Release; readonly target: ConnectionTarget },
): Promise<Pick<DatabaseFact, 'pending' | 'drift' | 'remarks'>> {
  const files = (await installation.source.migrationFiles(wanted.release)).filter(
    (file) => file.database === wanted.name,
  );
  const status = await observeMigrations(system, {
    database: wanted.name,
    target: wanted.target,
    files,
    upTo: wanted.release.version,
  });
  const pending = new Set(status.pending.map((file) => file.path));
  const late = status.late.map<Finding>((file) => ({
    code: 'migrate.late',
    severity: 'error',
    message: `${file.path} sorts before a migration that is applied already, and the release does not declare it as late`,
  }));
  const drift = status.drift.map<Finding>(({ kind, path }) => ({
    code: 'migrate.drift',
    severity: 'error',
    message:
      kind === 'edited'
        ? `${path} says something else than what was applied`
        : `${path} was applied, and the release does not have it`,
  }));
  const cosmetic = status.cosmetic.map<Finding>((file) => ({
    code: 'migrate.cosmetic',
    severity: 'info',
    message: `${file.path} was edited since it was applied, without a change in what it says`,
  }));
  return {
    pending: files.filter((file) => pending.has(file.path)).map(({ text: _, ...ref }) => ref),
    drift: [...drift, ...late],
    remarks: cosmetic,
  };
}
