import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../../support/deployment.ts';
import { lines, namesOf, normalise, observe, type Said } from '../../support/refusal.ts';

const NO_PASSWORD = { PGPASSWORD: '', PGPASSWORD_FILE: '', PGPASSFILE: '/nowhere' };

let server: EmbeddedPostgres;
let tiny: TestDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'databases');
  await tiny.publish('1.0.0');
  // The state directory with its key, and the tables of Onward, without a release.
  const migrations = join(tiny.folder, 'vendor/migrations');
  await tiny.onward(['status']);
  expect((await tiny.onward(['migrate', '--url', tiny.databaseUrl, '--migrations', migrations])).exit).toBe(0);
  await tiny.query(`create role locked login password 'right-password'`);
  await tiny.query('create role "no rights" login');
  await tiny.query('create role half login');
  for (const name of ['closed', 'open']) await tiny.query(`create database ${nameOf(name)}`);
  await tiny.query(`grant create on database ${nameOf('open')} to half`);
  await askForPassword('locked');
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

describe('a database that cannot be used', () => {
  it.each([
    [
      'a wrong password',
      'locked:wrong-password',
      'password authentication failed for user "locked"',
      'Check the role and its password (PGPASSWORD_FILE, passwordFile or a password file), then run the same command again.',
    ],
    [
      'a password that is not given',
      'locked',
      'the server asks for a password, and none was given',
      'Check the role and its password (PGPASSWORD_FILE, passwordFile or a password file), then run the same command again.',
    ],
    [
      'a role that does not exist',
      'nobody-at-all',
      'role "nobody-at-all" does not exist',
      'Check the role and its password (PGPASSWORD_FILE, passwordFile or a password file), then run the same command again.',
    ],
  ])('is named with the role for %s', async (_, user, why, hint) => {
    const said = await runAll(urlOf({ user }), [['plan'], ['upgrade', '--yes']]);
    const role = user.split(':')[0];
    const refusal = refused(1, 'postgres.unreachable', [
      `Could not connect to database <database> as ${role} on 127.0.0.1:<server>: ${why}. Nothing has changed.`,
      `-> ${hint}`,
    ]);
    expect(said).toEqual([refusal, refusal]);
  });

  it('is named with the command that creates it when it does not exist', async () => {
    const [said] = await runAll(urlOf({ database: 'gone' }), [['provision', '--yes']]);
    expect(said).toEqual(
      refused(1, 'postgres.unreachable', [
        'Could not connect to database gone as postgres on 127.0.0.1:<server>: database "gone" does not exist. Nothing has changed.',
        '-> Create the database, for example with: createdb -h 127.0.0.1 -p <server> gone',
      ]),
    );
  });

  it('does not keep the status from showing what serves where nothing listens', async () => {
    const url = 'postgres://core:in-the-url@127.0.0.1:1/core';
    const [plan, status] = await runAll(url, [['plan'], ['status']]);
    const why = 'Could not connect to database core as core on 127.0.0.1:1: nothing listens there (ECONNREFUSED).';
    expect(plan).toEqual(
      refused(1, 'postgres.unreachable', [
        `${why} Nothing has changed.`,
        '-> Check that the server runs and can be reached from here, then run the same command again.',
      ]),
    );
    expect(status).toEqual({
      exit: 1,
      stdout: lines(
        'tiny: what is installed cannot be told',
        '',
        '  api      not running',
        '  web      not running',
        '  worker   not running',
        '  cron     not running',
        '',
        why,
        '-> Run "onward doctor" to see what is wrong and how it is repaired.',
      ),
      stderr: '',
    });
  });
});

describe('a server that went away after the first install', () => {
  it('is named by every command, which changes nothing, and what serves goes on serving', async () => {
    const other = await createDeployment(server, 'away');
    await other.publish('1.0.0');
    expect((await other.onward(['provision', '--yes'])).exit).toBe(0);
    const { files } = await observe(other);
    await server.stop();
    const commands = ['upgrade', 'rollback', 'provision', 'migrate', 'doctor', 'verify'];
    const results = await Promise.all(commands.map((command) => other.onward([command])));
    const answer = await fetch(`http://127.0.0.1:${other.ports.web}/`);
    await server.start();
    const said = results.map((result) => normalise(result, namesOf(other)));
    const why =
      'Could not connect to database <database> as postgres on 127.0.0.1:<server>: nothing listens there (ECONNREFUSED)';
    const refusal = refused(1, 'postgres.unreachable', [
      `${why}. Nothing has changed.`,
      '-> Check that the server runs and can be reached from here, then run the same command again.',
    ]);
    expect(said.slice(0, 4)).toEqual(Array(4).fill(refusal));
    expect(said[4]).toEqual({
      exit: 1,
      stdout: lines(
        `error    Database core cannot be reached: ${why}.`,
        '         Start the server or correct databases in onward.yaml, then run "onward doctor" again.',
        `error    Which release is installed cannot be told, so what runs is compared with nothing: ${why}.`,
        '         Bring the control database back, then run "onward doctor" again. "onward status" shows what serves meanwhile.',
      ),
      stderr: '',
    });
    expect(said[5]).toEqual({
      exit: 1,
      stdout: lines(
        'ok      front: GET http://127.0.0.1:<web port>/ answered 200  (<time>)',
        `failed  items: ${why}  (<time>)`,
        `failed  totals: they cannot be read: ${why}  (<time>)`,
      ),
      stderr: '',
    });
    expect(answer.status).toBe(200);
    expect((await observe(other)).files).toEqual(files);
    await other.remove();
  });
});

describe('a role without a right', () => {
  it('is told which GRANT lets it read the tables of Onward', async () => {
    const url = urlOf({ user: 'no%20rights' });
    const said = await runAll(url, [
      ['plan'],
      ['provision', '--yes'],
      ['migrate', '--url', url, '--migrations', join(tiny.folder, 'vendor/migrations')],
    ]);
    const refusal = refused(1, 'upgrade.missing-right', [
      'Could not use the tables of Onward in database <database>: role "no rights" lacks a right (permission denied for schema onward). Nothing has changed.',
      '-> Run as the owner of the database: GRANT USAGE, CREATE ON SCHEMA onward TO "no rights"; GRANT ALL ON ALL TABLES IN SCHEMA onward TO "no rights";',
    ]);
    expect(said).toEqual([
      refusal,
      refusal,
      refused(1, 'migrate.missing-right', [
        'Could not read the ledger: role "no rights" lacks the right USAGE on schema onward and SELECT on its tables. Nothing has changed.',
        '-> Run as the owner of the database: GRANT USAGE ON SCHEMA onward TO "no rights"; GRANT SELECT ON ALL TABLES IN SCHEMA onward TO "no rights";',
      ]),
    ]);
  });

  it('is told which GRANT lets it create the schema of Onward', async () => {
    const [plan, said] = await runAll(urlOf({ user: 'no%20rights', database: nameOf('closed') }), [
      ['provision', '--yes'],
      ['provision', '--yes', '--json'],
    ]);
    const refusal = [
      'error migrate.missing-right',
      'Could not create the ledger: role "no rights" lacks the right CREATE on database "<database>_closed". Nothing has changed.',
      '-> Run as the owner of the database: GRANT CREATE ON DATABASE "<database>_closed" TO "no rights";',
    ];
    expect(plan?.stderr.split('\n').slice(-4)).toEqual([...refusal, '']);
    expect(said).toEqual({ exit: 1, stdout: '', stderr: lines(...refusal) });
  });

  it('is told which right it lacks to create tables, and in which statement', async () => {
    const [said] = await runAll(urlOf({ user: 'half', database: nameOf('open') }), [['provision', '--yes']]);
    const failure =
      'Could not run core/1.0.0/expand/001_create.sql:1:14: permission denied for schema public (42501). Nothing of the file is in the database.';
    const [, end] = said?.stderr.split('old artifacts can come back.\n') ?? [];
    expect({ exit: said?.exit, end }).toEqual({
      exit: 1,
      end: lines(
        'Run <run>: none -> 1.0.0',
        '✓ Fetch and verify artifacts  <time>',
        `✗ Expand the schema: ${failure}`,
        'Stopped: no service was touched.',
        'error migrate.statement-failed',
        failure,
        '',
        '  > 1 | create table item (id bigint primary key, name text);',
        '      |              ^',
        '    2 |',
        '',
        '-> Mend core/1.0.0/expand/001_create.sql, or what it found in the database, then run the same command again.',
        '',
        'Nothing is installed: no service was started.',
        'Data is safe: migrations that are in the ledger are whole, the others were not applied.',
        '-> Run "onward provision" again once the reason is gone.',
      ),
    });
  });
});

/** Runs commands side by side on another database; the one of the deployment stays as it is. */
async function runAll(url: string, commands: readonly (readonly string[])[]): Promise<readonly Said[]> {
  const file = join(tiny.folder, 'operator/onward.yaml');
  const good = await readFile(file, 'utf8');
  await writeFile(file, good.replace(/core: { url: "[^"]*"/, `core: { url: "${url}"`));
  try {
    const { tables } = await observe(tiny);
    const results = await Promise.all(commands.map((command) => tiny.onward(command, NO_PASSWORD)));
    expect((await observe(tiny)).tables).toEqual(tables);
    return results.map((result) => normalise(result, namesOf(tiny)));
  } finally {
    await writeFile(file, good);
  }
}

function refused(exit: number, code: string, text: readonly string[]): Said {
  return { exit, stdout: '', stderr: lines(`error ${code}`, ...text) };
}

function nameOf(suffix: string): string {
  return `${new URL(tiny.databaseUrl).pathname.slice(1)}_${suffix}`;
}

function urlOf(other: { readonly user?: string; readonly database?: string }): string {
  const { host, pathname } = new URL(tiny.databaseUrl);
  return `postgres://${other.user ?? 'postgres'}@${host}/${other.database ?? pathname.slice(1)}`;
}

/** The embedded server trusts everyone; from now on it asks this role for its password. */
async function askForPassword(role: string): Promise<void> {
  const file = join(server.directory, 'data/pg_hba.conf');
  await writeFile(file, `host all ${role} 127.0.0.1/32 scram-sha-256\n${await readFile(file, 'utf8')}`);
  await server.stop();
  await server.start();
}
