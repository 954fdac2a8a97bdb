import type { DoomedObject } from '../model/index.ts';
import type { Session } from '../system/index.ts';
import { renderNames } from './render-names.ts';

/** What a copy of the schema holds, so that trying the files out on it finds them: everything else is looked for here. */
const IN_COPY = [
  'pg_class',
  'pg_attrdef',
  'pg_constraint',
  'pg_trigger',
  'pg_policy',
  'pg_rewrite',
  'pg_type',
  'pg_statistic_ext',
  'pg_proc',
];

/**
 * What needs a doomed table or column in the database itself and is in no copy of its schema, such as a publication: in the server's words.
 * Changes nothing.
 */
export async function observeDependents(session: Session, doomed: readonly DoomedObject[]): Promise<readonly string[]> {
  if (doomed.length === 0) return [];
  const { rows } = await session.query<{ description: string }>(
    `with doomed as (
       select relation.oid, part.attnum
       from pg_catalog.jsonb_to_recordset($1::jsonb)
              as wanted (place int, name_of_schema text, name_of_table text, name_of_column text)
       join pg_catalog.pg_namespace as space on space.nspname = wanted.name_of_schema
       join pg_catalog.pg_class as relation on relation.relnamespace = space.oid and relation.relname = wanted.name_of_table
       left join pg_catalog.pg_attribute as part on part.attrelid = relation.oid and part.attname = wanted.name_of_column
       where wanted.name_of_column is null or part.attnum is not null
     )
     select distinct pg_catalog.pg_describe_object(needs.classid, needs.objid, needs.objsubid) as description
     from pg_catalog.pg_depend as needs
     join doomed on needs.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and needs.refobjid = doomed.oid
       and (doomed.attnum is null or needs.refobjsubid = doomed.attnum)
     where not needs.classid = any ((select pg_catalog.array_agg(pg_catalog.to_regclass('pg_catalog.' || name))
                                     from pg_catalog.unnest($2::text[]) as name)::pg_catalog.oid[])
     order by 1`,
    [renderNames(doomed), IN_COPY],
  );
  return rows.map(({ description }) => description);
}
