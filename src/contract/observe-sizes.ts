import type { DoomedObject } from '../model/index.ts';
import type { Session } from '../system/index.ts';
import { renderNames } from './render-names.ts';

/** How much goes with a table or a column, as the server estimates it. What cannot be told is left out. */
export interface DoomedSize {
  readonly rows?: number;
  readonly bytes?: number;
}

/** The size of each object, in their order; partitions are counted with their table. Changes nothing. */
export async function observeSizes(session: Session, doomed: readonly DoomedObject[]): Promise<readonly DoomedSize[]> {
  if (doomed.length === 0) return [];
  const { rows } = await session.query<{ rows: number | null; bytes: number | null }>(
    `with doomed as (
       select place, relation.oid, wanted.name_of_column
       from pg_catalog.jsonb_to_recordset($1::jsonb)
              as wanted (place int, name_of_schema text, name_of_table text, name_of_column text)
       left join pg_catalog.pg_namespace as space on space.nspname = wanted.name_of_schema
       left join pg_catalog.pg_class as relation on relation.relnamespace = space.oid and relation.relname = wanted.name_of_table
     ), parts as (
       select place, name_of_column, tree.relid as part
       from doomed, lateral (
         select relid from pg_catalog.pg_partition_tree(doomed.oid) union select doomed.oid where doomed.oid is not null
       ) as tree
     )
     select (select sum(part.reltuples) filter (where part.reltuples >= 0)
             from parts join pg_catalog.pg_class as part on part.oid = parts.part
             where parts.place = doomed.place and part.relkind <> 'p')::float8 as rows,
            case when doomed.name_of_column is null
              then (select sum(pg_catalog.pg_total_relation_size(part)) from parts where parts.place = doomed.place)::float8
              else (select sum(part.reltuples * (1 - stats.null_frac) * stats.avg_width)
                    from parts join pg_catalog.pg_class as part on part.oid = parts.part
                    join pg_catalog.pg_namespace as space on space.oid = part.relnamespace
                    join pg_catalog.pg_stats as stats on stats.schemaname = space.nspname
                      and stats.tablename = part.relname and stats.attname = doomed.name_of_column and not stats.inherited
                    where parts.place = doomed.place)::float8
            end as bytes
     from doomed order by place`,
    [renderNames(doomed)],
  );
  return rows.map(({ rows: count, bytes }) => ({
    ...(count === null ? {} : { rows: Math.round(count) }),
    ...(bytes === null ? {} : { bytes: Math.round(bytes) }),
  }));
}
