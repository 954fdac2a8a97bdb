import pg from 'pg';
import { upgradeTo } from '../../demo/moves.mjs';
import { seedInvoices } from '../seed.mjs';

/**
 * The shop comes from 1.2.0, and from a 1.3.0 that did not get ready, to 1.3.1.
 *
 * @param {import('../../demo/moves.mjs').Place} place
 */
export async function mendShop(place) {
  await upgradeTo(
    ['1.3.1'],
    place,
    'The vendor mends 1.3.0: 1.3.1 has the table, and writes an invoice for every order',
  );
}

/**
 * The change that takes a shop its time: the lines of every invoice move from a JSON column to rows of a table, under load. The shop is on
 * 1.3.1, and is on 1.4.0 afterwards.
 *
 * @param {import('../../demo/moves.mjs').Place & Pick<import('../../demo/run-demo.mjs').Stage, 'say' | 'calm'> & { databaseUrl: string, invoices: number }} place
 * with as many invoices of the past
 */
export async function playBilling({ databaseUrl, invoices, say, calm, ...place }) {
  const since = await askDatabase(databaseUrl, 'select clock_timestamp()::text as answer');
  say(`\nAdding ${invoices.toLocaleString('en')} invoices, their lines in a JSON column`);
  await seedInvoices(databaseUrl, invoices);
  await calm();
  await upgradeTo(['1.4.0'], place, 'The vendor publishes 1.4.0, in which the lines are rows');
  await calm();

  const { onward, load, open } = place;
  open('The old shape goes, since nothing needs it any more');
  await onward.must(['accept', 'no-backup', '--reason', 'the database ends with the demo']);
  await load.mark('contract');
  const contract = await onward.run('contract --yes');
  await load.mark('rows alone');
  await calm();
  return { contracted: contract.exit === 0, since };
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
