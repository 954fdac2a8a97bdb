import { hiddenFrom, type Signal, type ThrottleContext } from './signal.ts';

/**
 * A vacuum of the table, of a partition of it, or of what is stored beside them, whoever started it. It is what frees the space of the rows
 * that the batches have left behind: what is updated meanwhile makes the table grow instead, and is not cleaned by it. So they wait for its
 * end, for as long as it takes.
 */
export function createVacuumSignal({ session, key }: ThrottleContext): Signal {
  return {
    name: 'vacuums',
    async observe() {
      const { rows } = await session.query<{ pid: number; relation: string | null; hidden: boolean; urgent: boolean }>(
        `with part as (
           select class.oid, class.reltoastrelid from pg_catalog.pg_class as class
           where class.oid = $1::pg_catalog.regclass or class.oid in (select relid from pg_catalog.pg_partition_tree($1::pg_catalog.regclass))
         )
         select vacuum.pid, vacuum.relid::pg_catalog.regclass::text as relation, vacuum.relid is null as hidden,
                coalesce(activity.query like '%(to prevent wraparound)%', false) as urgent
         from pg_catalog.pg_stat_progress_vacuum as vacuum
         left join pg_catalog.pg_stat_activity as activity on activity.pid = vacuum.pid
         where vacuum.datname = pg_catalog.current_database()
           and (vacuum.relid is null or exists (select from part where vacuum.relid in (part.oid, part.reltoastrelid)))
         order by hidden, vacuum.pid limit 1`,
        [key.table],
      );
      const [found] = rows;
      if (!found) return undefined;
      if (found.hidden) return hiddenFrom(`what the vacuum of session ${found.pid} cleans`);
      const why = found.urgent ? ', which prevents wraparound' : '';
      return { text: `the vacuum of ${found.relation} by session ${found.pid}${why}` };
    },
  };
}
