import { quoteLiteral, quoteName } from '../../sql/index.ts';
import type { Session } from '../../system/index.ts';

/** What is on record of an installed trigger. */
export interface DualWriteRecord {
  /** Id of the data migration. */
  readonly id: string;
  /** Whose expand phase installed it. */
  readonly release: string;
  /** Quoted, with its schema. */
  readonly table: string;
  /** Quoted. */
  readonly schema: string;
  /** Of the trigger and its function. */
  readonly name: string;
  readonly fingerprint: string;
  readonly installedAt: string;
  /** `null`: it is to be there. */
  readonly removedAt: string | null;
}

/** Every trigger that was ever installed in this database; none without a ledger. */
export async function loadDualWrites(session: Session): Promise<readonly DualWriteRecord[]> {
  const { rows: tables } = await session.query<{ found: boolean }>(
    `select pg_catalog.to_regclass('onward.dual_write') is not null as found`,
  );
  if (tables[0]?.found !== true) return [];
  const { rows } = await session.query<DualWriteRecord>(
    `select data_migration as id, release, table_name as "table", schema_name as "schema", name, fingerprint,
            installed_at as "installedAt", removed_at as "removedAt"
     from onward.dual_write order by installed_at, data_migration`,
  );
  return rows;
}

/** The search path that an installed function has, for who makes it again; that of the session when the function is gone. */
export async function loadSearchPath(
  session: Session,
  { schema, name }: Pick<DualWriteRecord, 'schema' | 'name'>,
): Promise<string> {
  const { rows } = await session.query<{ path: string }>(
    `select coalesce((select pg_catalog.substr(setting, pg_catalog.length('search_path=') + 1)
                      from pg_catalog.pg_proc as proc, pg_catalog.unnest(proc.proconfig) as setting
                      where proc.oid = pg_catalog.to_regprocedure($1) and setting like 'search\\_path=%'),
                     pg_catalog.current_setting('search_path')) as path`,
    [`${schema}.${quoteName(name)}()`],
  );
  return (rows[0]?.path ?? 'public').replace(/, pg_temp$/, '');
}

export interface InstalledBy {
  readonly release: string;
  readonly run: string;
  readonly epoch: number;
}

export function renderInstalled(
  record: Pick<DualWriteRecord, 'id' | 'table' | 'schema' | 'name' | 'fingerprint'>,
  by: InstalledBy,
): string {
  const { id, table, schema, name, fingerprint } = record;
  const values = [id, by.release, table, schema, name, fingerprint, by.run, by.epoch].map((value) =>
    quoteLiteral(value),
  );
  return (
    'insert into onward.dual_write (data_migration, release, table_name, schema_name, name, fingerprint, run, epoch) ' +
    `values (${values.join(', ')}) on conflict (data_migration) do update set release = excluded.release, ` +
    'table_name = excluded.table_name, schema_name = excluded.schema_name, name = excluded.name, fingerprint = excluded.fingerprint, ' +
    'run = excluded.run, epoch = excluded.epoch, installed_at = excluded.installed_at, removed_at = null'
  );
}

export function renderRemoved(id: string): string {
  return `update onward.dual_write set removed_at = pg_catalog.clock_timestamp() where data_migration = ${quoteLiteral(id)}`;
}
