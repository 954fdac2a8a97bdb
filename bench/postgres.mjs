import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import pg from 'pg';

const root = new URL('../', import.meta.url);

/**
 * Onward's embedded Postgres, on loopback and durable unless told.
 *
 * @param {import('../src/system/embedded-postgres.ts').EmbeddedPostgresOptions} [options]
 */
export async function startPostgres(options) {
  // It is written in TypeScript, which Node 20 does not read; the bundle must stand where the server's packages are found.
  const bundle = new URL('node_modules/.cache/onward/bench-postgres.mjs', root);
  await mkdir(new URL('.', bundle), { recursive: true });
  await build({
    entryPoints: [fileURLToPath(new URL('src/system/embedded-postgres.ts', root))],
    outfile: fileURLToPath(bundle),
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  /** @type {typeof import('../src/system/embedded-postgres.ts')} */
  const { startEmbeddedPostgres } = await import(bundle.href);
  const server = await startEmbeddedPostgres(options);
  const admin = await connect(`${server.url}/postgres`, 'bench admin');
  return {
    url: server.url,
    directory: server.directory,
    /** @param {string} name @returns {Promise<string>} its URL */
    async createDatabase(name) {
      await admin.query(`create database ${name} template template0`);
      return `${server.url}/${name}`;
    },
    /** @param {string} name */
    dropDatabase: (name) => admin.query(`drop database ${name} with (force)`),
    /** So that the work of one candidate is not written to disk during another's. */
    checkpoint: () => admin.query('checkpoint'),
    async remove() {
      await admin.end();
      await server.remove();
    },
  };
}

/** @param {string} url @param {string} applicationName */
export async function connect(url, applicationName) {
  const client = new pg.Client({ connectionString: url, application_name: applicationName });
  await client.connect();
  return client;
}
