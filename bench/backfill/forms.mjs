/**
 * Ways to go through a table in batches, each batch in a transaction of its own, with nothing around it.
 *
 * @typedef {(client: import('pg').Client, rows: number) => Promise<void>} Form
 */

const CHANGE = `first = split_part(name, ' ', 1)`;

/** @type {Readonly<Record<string, Form>>} */
export const FORMS = {
  /** Onward's: the end of the range by a walk along the index, then the range. */
  async 'key range'(client, rows) {
    for (let after = 0; ; ) {
      const { rows: found } = await client.query(
        `select id from (select id from customer where id > $1 order by id limit ${rows}) as walked order by id desc limit 1`,
        [after],
      );
      if (!found[0]) return;
      const upTo = Number(found[0].id);
      await client.query(`update customer set ${CHANGE} where id > $1 and id <= $2 and first is null`, [after, upTo]);
      after = upTo;
    }
  },

  /** The rows of a batch are chosen first and joined then. */
  async 'keyset and join'(client, rows) {
    for (let after = 0; ; ) {
      const { rows: found } = await client.query(
        `with batch as (select id from customer where id > $1 order by id limit ${rows} for no key update),
              changed as (update customer set ${CHANGE} from batch where customer.id = batch.id and first is null returning customer.id)
         select max(id) as last from batch`,
        [after],
      );
      if (found[0].last === null) return;
      after = Number(found[0].last);
    }
  },

  /** Whatever rows are still old, until there are none. */
  async 'old rows, limit n'(client, rows) {
    for (;;) {
      const { rowCount } = await client.query(
        `update customer set ${CHANGE} where id in (select id from customer where first is null limit ${rows})`,
      );
      if (rowCount === 0) return;
    }
  },
};
