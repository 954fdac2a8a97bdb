import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';

/** What is searched for: no way to write the password down changes it. */
const MARK = 'sesame7f39c1';
/** With what JSON, a URL and a pattern write in another way. */
const PASSWORD = `p"q\\r@s%$&${MARK}`;
const SAMPLE_MS = 20;

/** A way to give Onward the password of a database: what onward.yaml says, and what stands in files and in the environment. */
interface Way {
  readonly database: (place: Place) => string;
  readonly files?: Readonly<Record<string, (place: Place) => string>>;
  readonly environment?: (place: Place) => NodeJS.ProcessEnv;
}

interface Place {
  readonly url: string;
  readonly urlWithPassword: string;
  readonly folder: string;
  readonly port: string;
}

const WAYS: readonly (readonly [string, Way])[] = [
  [
    'passwordFile',
    {
      database: ({ url }) => `{ url: "${url}", passwordFile: ./secrets/password }`,
      files: { password: () => PASSWORD },
    },
  ],
  [
    'env:NAME',
    { database: () => '{ url: env:CORE_URL }', environment: ({ urlWithPassword }) => ({ CORE_URL: urlWithPassword }) },
  ],
  [
    'file:PATH',
    { database: () => '{ url: "file:./secrets/url" }', files: { url: ({ urlWithPassword }) => urlWithPassword } },
  ],
  [
    'PGPASSWORD_FILE',
    {
      database: ({ url }) => `{ url: "${url}" }`,
      files: { password: () => `${PASSWORD}\n` },
      environment: ({ folder }) => ({ PGPASSWORD_FILE: join(folder, 'password') }),
    },
  ],
  [
    'PGPASSFILE',
    {
      database: ({ url }) => `{ url: "${url}" }`,
      files: { pgpass: ({ port }) => `127.0.0.1:${port}:*:keeper:${PASSWORD.replaceAll('\\', '\\\\')}\n` },
      environment: ({ folder }) => ({ PGPASSFILE: join(folder, 'pgpass') }),
    },
  ],
  ['a URL in onward.yaml', { database: ({ urlWithPassword }) => `{ url: "${urlWithPassword}" }` }],
];

let server: EmbeddedPostgres;
/** Its release source is that of every deployment here. */
let vendor: TestDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  const rules = join(server.directory, 'data/pg_hba.conf');
  await writeFile(rules, `host all keeper 127.0.0.1/32 scram-sha-256\n${await readFile(rules, 'utf8')}`);
  await server.stop();
  await server.start();
  vendor = await createDeployment(server, 'secrets');
  await vendor.query(`create role keeper login password $text$${PASSWORD}$text$`);
  await vendor.publish('1.0.0', { behaviour: { api: { tells: 'DATABASE_URL' } } });
  await vendor.publish('1.1.0', {
    behaviour: { api: { neverReady: true, tells: 'TOKEN' } },
    migrations: { 'expand/001_add.sql': 'alter table item add column note text;\n' },
  });
  await vendor.publish('1.2.0', { migrations: { 'expand/001_fails.sql': 'alter table itm add column note text;\n' } });
});
afterAll(async () => {
  await vendor?.remove();
  await server?.remove();
});

describe('a password that is given as', () => {
  it.each(WAYS)('%s is shown and kept nowhere but beside the instances that need it', async (_, way) => {
    const tiny = await createDeployment(server, 'secrets');
    const { environment, takeBack } = await giveSecrets(tiny, way);
    const watch = watchArguments();
    let said = '';
    const run = async (exit: number, ...args: readonly string[]) => {
      const result = await tiny.onward(args, environment);
      said += `${result.stdout}${result.stderr}`;
      expect(result.exit, result.stderr).toBe(exit);
      return result.stderr;
    };
    try {
      await run(0, 'provision', '--yes', '--version', '1.0.0');
      await run(0, 'plan', '--json', '--version', '1.1.0');
      expect(await run(3, 'upgrade', '--yes', '--version', '1.1.0')).toContain('***');
      await run(1, 'upgrade', '--yes', '--json');
      for (const command of ['status', 'doctor', 'plan', 'migrate', 'verify'])
        said += Object.values(await tiny.onward([command], environment)).join('');
      expect(said).not.toContain(MARK);
      const seen = watch.stop();
      expect(seen.filter((argv) => argv.includes(MARK))).toEqual([]);
      for (const program of ['onward.js', 'supervisor.js', 'switch.js'])
        expect(seen.some((argv) => argv.includes(program))).toBe(true);
      expect(await findRows(tiny)).toEqual([]);
      expect(await findFiles(tiny.stateDirectory)).toEqual({ 'output.log': ['600'], 'spec.json': ['600'] });
    } finally {
      watch.stop();
      await takeBack();
      await tiny.remove();
    }
  });
});

/** Writes onward.yaml and the files beside it, and says what the environment of the commands is. The instances of api get secrets, too. */
async function giveSecrets(
  tiny: TestDeployment,
  way: Way,
): Promise<{ readonly environment: NodeJS.ProcessEnv; takeBack(): Promise<void> }> {
  const { host, port, pathname } = new URL(tiny.databaseUrl);
  const folder = join(tiny.folder, 'operator/secrets');
  const place = {
    url: `postgres://keeper@${host}${pathname}`,
    urlWithPassword: `postgres://keeper:${encodeURIComponent(PASSWORD)}@${host}${pathname}`,
    folder,
    port,
  };
  await tiny.query(`alter database "${pathname.slice(1)}" owner to keeper`);
  await tiny.query('alter schema public owner to keeper');
  await mkdir(folder, { mode: 0o700 });
  const files: NonNullable<Way['files']> = { ...way.files, token: () => `token-${PASSWORD}\n` };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text(place), { mode: 0o600 });
  const variables = 'environment: { DATABASE_URL: env:SERVICE_URL, TOKEN: "file:./secrets/token" }';
  let before = '';
  await tiny.writeDeployment((text) => {
    before = text;
    return text
      .replace(/core: { url: "[^"]*" }/, () => `core: ${way.database(place)}`)
      .replace(/releases: {.*}/, `releases: { source: ${join(vendor.folder, 'releases')} }`)
      .replace(
        /api: { runtime: process,(.*)readyTimeout: 10s/,
        `api: { runtime: process, ${variables},$1readyTimeout: 3s`,
      );
  });
  const none = { PGPASSWORD: '', PGPASSWORD_FILE: '', PGPASSFILE: '/nowhere' };
  return {
    environment: { ...none, SERVICE_URL: place.urlWithPassword, ...way.environment?.(place) },
    takeBack: () => tiny.writeDeployment(() => before),
  };
}

/** Collects the arguments of every process of the machine until it is stopped. */
function watchArguments(): { stop(): readonly string[] } {
  const seen = new Set<string>();
  const timer = setInterval(() => {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
      } catch {
        // It has ended in between.
      }
    }
  }, SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      return [...seen];
    },
  };
}

/** The files that hold the mark, by name, with the modes they have. */
async function findFiles(folder: string): Promise<{ readonly [name: string]: readonly string[] }> {
  const found: Record<string, string[]> = {};
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !(await readFile(path, 'utf8')).includes(MARK)) continue;
    const mode = ((await stat(path)).mode & 0o777).toString(8);
    found[basename(path)] = [...new Set([...(found[basename(path)] ?? []), mode])];
  }
  return found;
}

/** The rows that hold the mark in the tables of Onward. */
async function findRows(tiny: TestDeployment): Promise<readonly unknown[]> {
  const tables = await tiny.query(`select tablename as name from pg_tables where schemaname = 'onward'`);
  const selects = tables.map(({ name }) => `select '${name}' as name, row::text from onward.${name} as row`);
  const rows = await tiny.query(selects.join(' union all '));
  expect(rows.length).toBeGreaterThan(5);
  return rows.filter(({ row }) => String(row).includes(MARK));
}
