import pg from 'pg';
import { seedInvoices } from '../seed.mjs';

export const BILLING_RELEASES = ['1.3.1', '1.4.0'];

/**
 * The shop comes from 1.2.0, and from a 1.3.0 that did not get ready, to 1.3.1.
 *
 * @param {Pick<Parameters<typeof playBilling>[0], 'onward' | 'load' | 'say'>} place
 */
export async function mendShop({ onward, load, say }) {
  say('\nThe vendor mends 1.3.0: 1.3.1 has the table, and writes an invoice for every order\n');
  await onward.must('channel set stable 1.3.1');
  await load.mark('to 1.3.1');
  await onward.must('upgrade --yes');
  await load.mark('on 1.3.1');
}

/**
 * The change that takes a shop its time: the lines of every invoice move from a JSON column to rows of a table, under load. The shop is on
 * 1.3.1, and is on 1.4.0 afterwards.
 *
 * @param {object} place
 * @param {ReturnType<typeof import('./onward.mjs').createOnward>} place.onward
 * @param {string} place.databaseUrl
 * @param {{ mark(name: string): Promise<unknown> }} place.load
 * @param {number} place.invoices of the past
 * @param {(text: string) => void} place.say
 * @param {() => Promise<void>} place.calm
 */
export async function playBilling({ onward, databaseUrl, load, invoices, say, calm }) {
  const since = await askDatabase(databaseUrl, 'select clock_timestamp()::text as answer');
  say(`\nAdding ${invoices.toLocaleString('en')} invoices, their lines in a JSON column`);
  await seedInvoices(databaseUrl, invoices);
  await calm();

  say('The vendor publishes 1.4.0, in which the lines are rows, and the operator upgrades\n');
  await onward.must('channel set stable 1.4.0');
  await load.mark('to 1.4.0');
  const { exit } = await onward.run('upgrade --yes');
  await load.mark('on 1.4.0');
  await calm();

  say('\nThe old shape goes, since nothing needs it any more\n');
  await onward.must(['accept', 'no-backup', '--reason', 'the database ends with the demo']);
  await load.mark('contract');
  const contract = await onward.run('contract --yes');
  await load.mark('rows alone');
  await calm();
  return { exit, contracted: contract.exit === 0, since };
}

/** @param {string} databaseUrl @param {string} sql @returns {Promise<string>} */
async function askDatabase(databaseUrl, sql) {
  const client = new pg.Client({ connectionString: databaseUrl, application_name: 'shop evidence' });
  await client.connect();
  try {
    const { rows } = await client.query(sql);
    return rows[0].answer;
  } finally {
    await client.end();
  }
}
