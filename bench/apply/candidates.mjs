import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PEERS } from '../peers.mjs';

/**
 * @typedef {object} Candidate
 * @property {string} name
 * @property {boolean} recordsPerFile whether each file is committed together with its record; else all files are one transaction
 * @property {(url: string) => { argv: readonly string[], cwd?: string, environment?: Record<string, string> }} command
 */

/**
 * Every candidate without anything that it does beside (dbmate would write a schema file, node-pg-migrate would print each statement),
 * started without a wrapper of npm's.
 *
 * @param {{ tool: import('../onward.mjs').Tool, folders: Awaited<ReturnType<typeof import('./write-migrations.mjs').writeMigrations>> }} options
 * @returns {Promise<readonly Candidate[]>}
 */
export async function chooseCandidates({ tool, folders }) {
  await writeFile(join(folders.graphileMigrate, '.gmrc'), '{}');
  const graphile = join(PEERS, 'graphile-migrate/dist/cli.js');
  const dbmate = join(PEERS, `@dbmate/${process.platform}-${process.arch}/bin/dbmate`);
  const onward = {
    name: 'onward',
    recordsPerFile: true,
    command: (url) => ({
      argv: [process.execPath, tool.program, 'migrate', '--url', url, '--migrations', folders.onward],
    }),
  };
  const dbmateCandidate = {
    name: 'dbmate',
    recordsPerFile: true,
    command: (url) => ({
      argv: [
        dbmate,
        '--url',
        `${url}?sslmode=disable`,
        '--migrations-dir',
        folders.dbmate,
        '--no-dump-schema',
        'migrate',
      ],
    }),
  };
  const graphileCandidate = {
    name: 'graphile-migrate',
    recordsPerFile: true,
    command: (url) => ({
      argv: [process.execPath, graphile, 'migrate'],
      cwd: folders.graphileMigrate,
      environment: { DATABASE_URL: url },
    }),
  };
  return [
    onward,
    // It has no binary for every platform.
    ...(existsSync(dbmate) ? [dbmateCandidate] : []),
    graphileCandidate,
    nodePgMigrate(folders.nodePgMigrate, { name: 'node-pg-migrate, per file', recordsPerFile: true }),
    nodePgMigrate(folders.nodePgMigrate, { name: 'node-pg-migrate, one transaction', recordsPerFile: false }),
  ];
}

/** @param {string} folder @param {Pick<Candidate, 'name' | 'recordsPerFile'>} candidate @returns {Candidate} */
function nodePgMigrate(folder, candidate) {
  const program = join(PEERS, 'node-pg-migrate/bin/node-pg-migrate.js');
  const transaction = candidate.recordsPerFile ? ['--no-single-transaction'] : [];
  return {
    ...candidate,
    command: (url) => ({
      argv: [process.execPath, program, 'up', '--migrations-dir', folder, '--no-verbose', ...transaction],
      environment: { DATABASE_URL: url },
    }),
  };
}
