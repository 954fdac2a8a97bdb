import type { SqlDataMigration } from '../model/index.ts';
import { quoteName } from '../sql/index.ts';
import { PostgresError, type Session } from '../system/index.ts';
import { noKey, noTable } from './errors.ts';
import type { Part } from './scope/part.ts';

/** The table and its key as SQL. */
export interface TableKey {
  /** Quoted, with its schema. */
  readonly table: string;
  /** The oid of the table, or of the topmost one that it is a partition of. */
  readonly relation: string;
  /** Quoted. */
  readonly columns: readonly string[];
  /** Type of each column, as SQL. */
  readonly types: readonly string[];
  /** What the statistics say; `undefined` when the table was never analysed. */
  readonly estimatedRows: number | undefined;
  /** Set when this is a part of the table. */
  readonly part?: Part;
}

/** The values of a key as text, in the order of its columns: every type comes back from its own text. */
export type KeyValue = readonly string[];

/**
 * Looks the table and its key up. Throws unless a valid unique index covers exactly these columns and none of them can be null: else a
 * range would be slow, or would leave rows out.
 */
export async function loadTableKey(session: Session, declared: SqlDataMigration): Promise<TableKey> {
  const named = declared.table.split('.').map(quoteName).join('.');
  const { rows } = await session.query<{ oid: string; relation: string; table: string; estimate: string | null }>(
    `select class.oid::text as oid, coalesce(pg_catalog.pg_partition_root(class.oid), class.oid)::pg_catalog.oid::text as relation,
            pg_catalog.format('%I.%I', space.nspname, class.relname) as table,
            (select pg_catalog.sum(part.reltuples) filter (where part.reltuples >= 0)::pg_catalog.int8::text
             from pg_catalog.pg_class as part
             where part.relkind = 'r' and (part.oid = class.oid or part.oid in (select relid from pg_catalog.pg_partition_tree(class.oid)))
            ) as estimate
     from pg_catalog.pg_class as class join pg_catalog.pg_namespace as space on space.oid = class.relnamespace
     where class.oid = pg_catalog.to_regclass($1) and class.relkind in ('r', 'p')`,
    [named],
  );
  const [found] = rows;
  if (!found) throw noTable(declared);
  const types = await loadKeyTypes(session, declared, found.oid);
  return {
    table: found.table,
    relation: found.relation,
    columns: declared.key.map(quoteName),
    types,
    estimatedRows: found.estimate === null ? undefined : Number(found.estimate),
  };
}

async function loadKeyTypes(session: Session, declared: SqlDataMigration, oid: string): Promise<readonly string[]> {
  const { rows } = await session.query<{ types: string[] }>(
    `select (select pg_catalog.array_agg(pg_catalog.format_type(a.atttypid, a.atttypmod) order by k.position)
             from pg_catalog.unnest($2::text[]) with ordinality as k (name, position)
             join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attname = k.name) as types
     from pg_catalog.pg_index as i
     where i.indrelid = $1::pg_catalog.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
       and i.indnkeyatts = pg_catalog.cardinality($2::text[])
       and $2::text[] = (select pg_catalog.array_agg(a.attname::text order by k.position)
                         from pg_catalog.unnest(i.indkey::pg_catalog.int2[]) with ordinality as k (number, position)
                         join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.number
                         where k.position <= i.indnkeyatts and a.attnotnull)
     limit 1`,
    [oid, declared.key],
  );
  const types = rows[0]?.types;
  if (!types) throw noKey(declared);
  return types;
}

/** Statistics cost nothing; a table without them is counted, if that is quick and allowed. */
const COUNT_LIMIT_MS = 2_000;

export async function countWhenUnknown(session: Session, key: TableKey): Promise<TableKey> {
  if (key.estimatedRows !== undefined) return key;
  try {
    const { rows } = await session.transaction(async () => {
      await session.query(`set transaction read only; set local statement_timeout = ${COUNT_LIMIT_MS}`);
      return session.query<{ rows: string }>(`select pg_catalog.count(*) as rows from ${key.table}`);
    });
    return { ...key, estimatedRows: Number(rows[0]?.rows) };
  } catch (error) {
    if (error instanceof PostgresError) return key;
    throw error;
  }
}
