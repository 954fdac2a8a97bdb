import pg from 'pg';

/**
 * Compares what the shop acknowledged with what its database holds: an order is lost when it was acknowledged and is not there, and
 * doubled when it was stored more than once.
 *
 * @param {string} databaseUrl
 * @param {readonly string[]} acknowledgedIds
 * @returns {Promise<{ lost: number, doubled: number }>}
 */
export async function countWrites(databaseUrl, acknowledgedIds) {
  return queryRow(
    databaseUrl,
    `select (select count(*)::int from unnest($1::uuid[]) as acknowledged (id)
              where not exists (select from orders where orders.id = acknowledged.id)
                 or not exists (select from order_receipts where order_id = acknowledged.id)) as lost,
            (select count(*)::int from (
               select order_id from order_receipts group by order_id having count(*) > 1) as twice) as doubled`,
    [acknowledgedIds],
  );
}

/**
 * How many schedulers there were, and how many pairs of them were at work at the same time.
 *
 * @param {string} databaseUrl
 * @returns {Promise<{ shifts: number, overlaps: number }>}
 */
export async function countShifts(databaseUrl) {
  return queryRow(
    databaseUrl,
    `select (select count(*)::int from scheduler_shifts) as shifts,
            (select count(*)::int from scheduler_shifts a join scheduler_shifts b on a.id < b.id
              where a.started_at <= b.last_beat_at and b.started_at <= a.last_beat_at) as overlaps`,
    [],
  );
}

/**
 * What became of the invoices in their new shape: how many there are, with how many lines; orders that were placed since a moment and have
 * none; and invoices whose lines make another amount than the invoice, or than its order.
 *
 * @param {string} databaseUrl
 * @param {string} since by the clock of the database
 * @returns {Promise<{ invoices: number, lines: number, unbilled: number, wrong: number }>}
 */
export async function countBilling(databaseUrl, since) {
  return queryRow(
    databaseUrl,
    `with billed as (select invoice_id, sum(cents) as cents from invoice_lines group by 1)
     select (select count(*)::int from invoices) as invoices,
            (select count(*)::int from invoice_lines) as lines,
            (select count(*)::int from orders
              where placed_at > $1 and not exists (select from invoices where invoices.id = orders.id)) as unbilled,
            (select count(*)::int from invoices left join billed on invoice_id = invoices.id left join orders using (id)
              where total_cents is distinct from coalesce(billed.cents, 0) or total_cents <> orders.cents) as wrong`,
    [since],
  );
}

async function queryRow(databaseUrl, sql, values) {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'shop evidence' });
  await client.connect();
  try {
    const { rows } = await client.query(sql, values);
    return rows[0];
  } finally {
    await client.end();
  }
}
