import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import pg from 'pg';

const root = new URL('../../../', import.meta.url);

/**
 * Starts Onward's embedded Postgres, on loopback, with an empty database for the shop.
 *
 * @param {{ hasStatistics: boolean }} options of statements: what the proofs of an upgrade and of a contract go by
 * @returns {Promise<{ databaseUrl: string, remove: () => Promise<void> }>}
 */
export async function startPostgres({ hasStatistics }) {
  const server = await startServer(hasStatistics ? { shared_preload_libraries: 'pg_stat_statements' } : {});
  await query(`${server.url}/postgres`, 'create database shop');
  if (hasStatistics) await query(`${server.url}/shop`, 'create extension pg_stat_statements');
  return { databaseUrl: `${server.url}/shop`, remove: server.remove };
}

async function query(connectionString, sql) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(sql);
  await client.end();
}

async function startServer(settings) {
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
  return startEmbeddedPostgres({ settings });
}
