import type { SqlDataMigration } from '../model/index.ts';
import type { Session } from '../system/index.ts';
import type { DualWriting } from './dual-write/render.ts';

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
  batch: { rows: 100, targetMs: 10_000 },
};

/** A table of so many rows, with holes in its keys and one row in ten in the new shape already. */
export async function createCustomers(session: Session, rows: number): Promise<void> {
  await session.query(`create table customer (id bigint primary key, name text not null, first text, changed int not null default 0);
    insert into customer (id, name, first)
    select n * 3 + (n / 50) * 1000, 'name' || n || ' of family', case when n % 10 = 0 then 'kept' end from generate_series(1, ${rows}) as n`);
}

/** Lines of an order from its JSON into a table of their own; the trigger does the same for orders that are written meanwhile. */
export const LINES: DualWriting = {
  ...SPLIT_NAMES,
  id: 'lines',
  table: 'orders',
  key: ['tenant', 'id'],
  change: {
    kind: 'insert',
    into: 'line',
    columns: ['tenant', 'order_id', 'n', 'what'],
    select: `select batch.tenant, batch.id, l.n, l.what
             from batch, jsonb_array_elements_text(batch.lines) with ordinality as l (what, n)`,
  },
  where: `lines <> '[]' and not exists (select from line where line.tenant = orders.tenant and line.order_id = orders.id)`,
  verify: `select count(*) from orders where lines <> '[]'
           and not exists (select from line where line.tenant = orders.tenant and line.order_id = orders.id)`,
  batch: { rows: 25, targetMs: 250 },
  dualWrite: {
    timing: 'after',
    events: ['insert', 'update', 'delete'],
    body: `if tg_op <> 'INSERT' then
             delete from line where tenant = old.tenant and order_id = old.id;
           end if;
           if tg_op <> 'DELETE' then
             insert into line (tenant, order_id, n, what)
             select new.tenant, new.id, l.n, l.what from jsonb_array_elements_text(new.lines) with ordinality as l (what, n);
           end if;`,
  },
};

/** Orders with up to three lines each in JSON, by seven tenants; and the table of lines, in two partitions. */
export async function createOrders(session: Session, orders: number): Promise<void> {
  await session.query(`
    create table orders (tenant int not null, id bigint not null, lines jsonb not null, primary key (tenant, id));
    create table line (tenant int, order_id bigint, n bigint, what text not null, primary key (tenant, order_id, n)) partition by hash (tenant);
    create table line_0 partition of line for values with (modulus 2, remainder 0);
    create table line_1 partition of line for values with (modulus 2, remainder 1);
    insert into orders select n % 7, n, (select coalesce(jsonb_agg(n || '/' || k), '[]') from generate_series(1, n % 4) as k)
    from generate_series(1, ${orders}) as n`);
}

/** Lines that one statement would have made and that are missing, and lines that it would not have made. */
export async function countWrongLines(session: Session): Promise<unknown> {
  const { rows } = await session.query(`
    with wanted as (
      select tenant, id as order_id, l.n, l.what from orders, jsonb_array_elements_text(lines) with ordinality as l (what, n)
    )
    select (select count(*)::int from (table wanted except select tenant, order_id, n, what from line) as m) as missing,
           (select count(*)::int from (select tenant, order_id, n, what from line except table wanted) as m) as extra`);
  return rows[0];
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
