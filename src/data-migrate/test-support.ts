import type { SqlDataMigration } from '../model/index.ts';
import type { Session } from '../system/index.ts';

/** Splits the names of a table `customer (id, name, first, changed)`; `changed` counts how often a row was changed. */
export const SPLIT_NAMES: SqlDataMigration = {
  kind: 'sql',
  id: 'split-names',
  database: 'core',
  table: 'customer',
  key: ['id'],
  change: { kind: 'update', set: "first = split_part(name, ' ', 1), changed = changed + 1" },
  where: 'first is null -- the old shape',
  verify: 'select count(*) from customer where first is null',
  before: 'postdeploy',
  batch: { rows: 100, targetMs: 250 },
};

/** A table of so many rows, with holes in its keys and one row in ten in the new shape already. */
export async function createCustomers(session: Session, rows: number): Promise<void> {
  await session.query(`create table customer (id bigint primary key, name text not null, first text, changed int not null default 0);
    insert into customer (id, name, first)
    select n * 3 + (n / 50) * 1000, 'name' || n || ' of family', case when n % 10 = 0 then 'kept' end from generate_series(1, ${rows}) as n`);
}

/** Lets the database know of a deployment whose highest epoch is this one. */
export async function raiseFence(session: Session, epoch: number): Promise<void> {
  await session.query(
    `insert into onward.fence (deployment, epoch) values ('shop', $1) on conflict (deployment) do update set epoch = excluded.epoch`,
    [epoch],
  );
}

/** What is on record, and whether the batches add up to it. */
export async function loadCounters(session: Session, id: string): Promise<Readonly<Record<string, unknown>>> {
  const { rows } = await session.query(
    `select status, scanned::int as scanned, changed::int as changed, failed::int as failed, remaining::int as remaining,
            (select coalesce(sum(b.scanned), 0) from onward.data_migration_batch b where b.data_migration = m.id) = scanned
              and (select coalesce(sum(b.changed), 0) from onward.data_migration_batch b where b.data_migration = m.id) = changed
              and (select count(*) from onward.data_migration_batch b where b.data_migration = m.id) = batches as adds_up
     from onward.data_migration m where id = $1`,
    [id],
  );
  return rows[0] ?? {};
}
