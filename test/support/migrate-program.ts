// A product's own migration command, as a vendor would write it: `node migrate.mjs <version>` moves the schema, `status <version>` looks.
import { readFileSync } from 'node:fs';
import pg from 'pg';

const [first = '', ...rest] = process.argv.slice(2);
const version = Number(first === 'status' ? rest[0] : first);

const client = new pg.Client(process.env.DATABASE_URL);
await client.connect();

async function isApplied(): Promise<boolean> {
  const { rows } = await client.query("select to_regclass('schema_migrations') is not null as there");
  if (!rows[0].there) return false;
  return (await client.query('select from schema_migrations where version = $1', [version])).rows.length > 0;
}

async function migrate(): Promise<void> {
  await client.query('create table if not exists schema_migrations (version int primary key)');
  await client.query('create table if not exists attempt (version int, finished boolean not null default false)');
  await client.query('create table if not exists gate (passed int not null)');
  await client.query('insert into attempt (version) values ($1)', [version]);
  if (rest.includes('--tell')) console.error(`using the key ${process.env.API_KEY}`);
  // In an image of a service: which one.
  if (rest.includes('--where'))
    console.log(`in the image of ${JSON.parse(readFileSync('behaviour.json', 'utf8')).version}`);
  if (rest.includes('--pretend')) return;
  await client.query(`alter table item add column if not exists v${version} int`);
  if (rest.includes('--lock')) await client.query('begin; lock table item in access exclusive mode');
  await client.query('update gate set passed = passed + 1');
  if (rest.includes('--lock')) await client.query('commit');
  const { rows } = await client.query('select from item where id = -1');
  if (rows.length > 0) throw new Error('item -1 is in the way');
  await client.query('insert into schema_migrations values ($1) on conflict do nothing', [version]);
  await client.query('update attempt set finished = true where version = $1', [version]);
}

try {
  if (first === 'status') console.log((await isApplied()) ? 'up to date' : 'pending');
  else {
    await migrate();
    console.log(`schema is at ${version}`);
  }
} catch (error) {
  console.error(`ERROR ${error instanceof Error ? error.message : error}`);
  if (!rest.includes('--always-zero')) process.exitCode = 1;
} finally {
  await client.end();
}
