import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { loadSource } from '../../../scripts/load-source.mjs';
import { endLeftovers } from '../../demo/leftovers.mjs';

/**
 * Starts Onward's embedded Postgres, on loopback, with an empty database for the shop; it is gone at the end.
 *
 * @param {import('../../demo/run-demo.mjs').Stage} stage
 * @param {{ hasStatistics: boolean }} options of statements: what the proofs of an upgrade and of a contract go by
 * @returns {Promise<string>} the URL of the database
 */
export async function startPostgres(stage, { hasStatistics }) {
  const { startEmbeddedPostgres } = await loadSource(
    `export { startEmbeddedPostgres } from './src/system/embedded-postgres.ts'`,
  );
  const directory = await mkdtemp(join(tmpdir(), 'onward-postgres-'));
  stage.onEnd(() => rm(directory, { recursive: true, force: true }));
  // Of a start that did not come to its end.
  stage.onEnd(() => endLeftovers(directory));
  const settings = hasStatistics ? { shared_preload_libraries: 'pg_stat_statements' } : {};
  const server = await startEmbeddedPostgres({ directory, settings });
  stage.onEnd(server.remove);
  await query(`${server.url}/postgres`, 'create database shop');
  if (hasStatistics) await query(`${server.url}/shop`, 'create extension pg_stat_statements');
  return `${server.url}/shop`;
}

async function query(connectionString, sql) {
  const client = new pg.Client({ connectionString });
  await client.connect();
  await client.query(sql);
  await client.end();
}
