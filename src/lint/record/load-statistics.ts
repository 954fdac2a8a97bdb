import { quoteName } from '../../sql/index.ts';
import { type ConnectionTarget, PostgresError, type Session } from '../../system/index.ts';
import { notRecorded } from './errors.ts';

/** A row of pg_stat_statements, of this database. */
export interface StatisticsRow {
  /** Role, statement and level: what the server counts by, within one database. */
  readonly key: string;
  /** `undefined`: the text of another user, which this one may not see. */
  readonly sql: string | undefined;
  readonly calls: number;
  readonly role: string;
  readonly isSuperuser: boolean;
  /** What the role's sessions begin with, where it was set for it. */
  readonly searchPath: string | undefined;
}

export interface Statistics {
  /** `15.18`. */
  readonly server: string;
  readonly rows: readonly StatisticsRow[];
  /** Since when the server counts; `undefined` when it cannot tell. */
  readonly since: string | undefined;
  /** The same to the microsecond, so that a reset can be told. */
  readonly resetAt: string | undefined;
  /** How often the server forgot its rarest statements to make room; `undefined` when it cannot tell. */
  readonly evictions: number | undefined;
  /** `top`, `all` or `none`. */
  readonly track: string;
  readonly max: number;
}

const EXTENSION = 'pg_stat_statements';
const HIDDEN = '<insufficient privilege>';

/** Reads what the server has counted. Throws `lint.cannot-record` when the extension is not installed or not loaded. */
export async function loadStatistics(session: Session, target: ConnectionTarget): Promise<Statistics> {
  const view = await findView(session, target);
  try {
    const rows = await loadRows(session, view);
    return { ...(await loadConditions(session, view)), rows };
  } catch (error) {
    // The view is there, and the library behind it was not loaded when the server started.
    if (error instanceof PostgresError && error.code === '55000') throw notRecorded(target, 'not-loaded');
    if (error instanceof PostgresError && error.code === '42501') throw notRecorded(target, 'not-allowed');
    throw error;
  }
}

interface View {
  /** The schema that the extension lives in, quoted. */
  readonly schema: string;
  /** Since version 1.9 of the extension, which Postgres 14 came with; a database that was upgraded may have an older one. */
  readonly hasInfo: boolean;
  readonly hasTopLevel: boolean;
}

async function findView(session: Session, target: ConnectionTarget): Promise<View> {
  const { rows } = await session.query<{ schema: string; info: boolean; top: boolean }>(
    `select n.nspname as schema,
            exists (select from pg_catalog.pg_class c where c.relnamespace = n.oid and c.relname = 'pg_stat_statements_info') as info,
            exists (select from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'toplevel'
                     where c.relnamespace = n.oid and c.relname = 'pg_stat_statements') as top
       from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
      where e.extname = $1`,
    [EXTENSION],
  );
  const [found] = rows;
  if (!found) throw notRecorded(target, 'not-installed');
  return { schema: quoteName(found.schema), hasInfo: found.info, hasTopLevel: found.top };
}

async function loadRows(session: Session, { schema, hasTopLevel }: View): Promise<readonly StatisticsRow[]> {
  const { rows } = await session.query<{
    query: string | null;
    calls: string;
    role: string | null;
    super: boolean | null;
    path: string | null;
    key: string;
  }>(
    // Statements inside of functions belong to the schema, not to its clients.
    `select s.query, s.calls, r.rolname as role, r.rolsuper as super,
            pg_catalog.concat_ws('/', s.userid, s.queryid) as key,
            (select pg_catalog.substr(entry, 13)
               from pg_catalog.pg_db_role_setting d cross join lateral pg_catalog.unnest(d.setconfig) entry
              where d.setrole in (s.userid, 0) and d.setdatabase in (s.dbid, 0) and entry like 'search\\_path=%'
              order by d.setrole <> 0 desc, d.setdatabase <> 0 desc limit 1) as path
       from ${schema}.pg_stat_statements s
       left join pg_catalog.pg_roles r on r.oid = s.userid
      where s.dbid = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
        ${hasTopLevel ? 'and s.toplevel' : ''}`,
  );
  return rows.map(({ key, query, calls, role, super: isSuperuser, path }) => ({
    key,
    sql: query === null || query === HIDDEN ? undefined : query,
    calls: Number(calls),
    role: role ?? '',
    isSuperuser: isSuperuser ?? false,
    searchPath: path ?? undefined,
  }));
}

async function loadConditions(session: Session, { schema, hasInfo }: View): Promise<Omit<Statistics, 'rows'>> {
  const { rows } = await session.query<{ server: string; track: string | null; max: string | null }>(
    `select pg_catalog.split_part(pg_catalog.current_setting('server_version'), ' ', 1) as server,
            pg_catalog.current_setting('pg_stat_statements.track', true) as track,
            pg_catalog.current_setting('pg_stat_statements.max', true) as max`,
  );
  const info = hasInfo
    ? await session.query<{ dealloc: string; since: string; reset: string }>(
        `select dealloc, extract(epoch from stats_reset)::text as reset,
                pg_catalog.to_char(stats_reset at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as since
           from ${schema}.pg_stat_statements_info`,
      )
    : undefined;
  return {
    server: rows[0]?.server ?? 'unknown',
    track: rows[0]?.track ?? 'unknown',
    max: Number(rows[0]?.max ?? 0),
    since: info?.rows[0]?.since,
    resetAt: info?.rows[0]?.reset,
    evictions: info?.rows[0] === undefined ? undefined : Number(info.rows[0].dealloc),
  };
}
