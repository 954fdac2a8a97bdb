import pg from 'pg';
import { loadSource } from '../scripts/load-source.mjs';

/**
 * Onward's embedded Postgres, on loopback and durable unless told.
 *
 * @param {import('../src/system/embedded-postgres.ts').EmbeddedPostgresOptions} [options]
 */
export async function startPostgres(options) {
  /** @type {typeof import('../src/system/embedded-postgres.ts')} */
  const { startEmbeddedPostgres } = await loadSource(
    `export { startEmbeddedPostgres } from './src/system/embedded-postgres.ts'`,
  );
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
