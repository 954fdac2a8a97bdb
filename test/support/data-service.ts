// The data-migrations command of a Node service, as a vendor would write it: JavaScript computes the new shape of each row.
import pg from 'pg';
import { defineDataMigration, serveDataMigrations } from '../../src/service/index.ts';

interface Item {
  readonly id: string;
  readonly name: string;
}

const shout = defineDataMigration<Item>({
  id: 'shout',
  description: 'Every item has its name in capitals.',
  table: 'item',
  key: 'id',
  columns: ['id', 'name'],
  where: 'loud is null',
  scope: { kind: 'tenant', column: 'tenant' },
  batch: { rows: Number(process.env.ROWS ?? 100), targetMs: Number(process.env.TARGET_MS ?? 250) },
  async run({ client, rows }) {
    await client.query(
      `update item set loud = moved.loud, changes = changes + 1
       from unnest($1::bigint[], $2::text[]) as moved (id, loud) where item.id = moved.id`,
      [rows.map(({ id }) => id), rows.map(({ name }) => name.toUpperCase())],
    );
  },
  verify: 'select count(*) from item where loud is null',
});

const exitCode = await serveDataMigrations([shout], {
  argv: process.argv.slice(2),
  async connect() {
    const client = new pg.Client(process.env.DATABASE_URL);
    await client.connect();
    return client;
  },
});
process.exit(exitCode);
