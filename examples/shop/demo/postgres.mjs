import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import pg from 'pg';

const root = new URL('../../../', import.meta.url);

/**
 * Starts Onward's embedded Postgres, on loopback, with an empty database for the shop.
 *
 * @returns {Promise<{ databaseUrl: string, remove: () => Promise<void> }>}
 */
export async function startPostgres() {
  const server = await startServer();
  const client = new pg.Client({ connectionString: `${server.url}/postgres` });
  await client.connect();
  await client.query('create database shop');
  await client.end();
  return { databaseUrl: `${server.url}/shop`, remove: server.remove };
}

async function startServer() {
  // It is written in TypeScript, which Node 20 does not read; the bundle must stand where the server's packages are found.
  const bundle = new URL('node_modules/.cache/onward/embedded-postgres.mjs', root);
  await mkdir(new URL('.', bundle), { recursive: true });
  await build({
    entryPoints: [fileURLToPath(new URL('src/system/embedded-postgres.ts', root))],
    outfile: fileURLToPath(bundle),
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  const { startEmbeddedPostgres } = await import(bundle.href);
  return startEmbeddedPostgres();
}
