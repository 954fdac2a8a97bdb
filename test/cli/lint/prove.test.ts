import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  createSystem,
  type EmbeddedPostgres,
  resolveConnectionTarget,
  startEmbeddedPostgres,
} from '../../../src/system/index.ts';
import { runOnward } from '../../support/deployment.ts';

const SCHEMA = 'create table orders (id int primary key, total int not null, note text);\n';

let server: EmbeddedPostgres;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-prove-'));
  server = await startEmbeddedPostgres({
    isDurable: false,
    settings: { shared_preload_libraries: 'pg_stat_statements' },
  });
  await query('postgres', 'create database shop', 'create role app login');
  await query('shop', SCHEMA, 'grant all on orders to app', 'create extension pg_stat_statements');
  await query('shop', 'set role app', 'select total from orders where id = 1', `insert into orders values (1, 2, 'x')`);
  await writeFile(join(folder, 'old.sql'), SCHEMA);
  await writeFile(join(folder, 'new.sql'), `${SCHEMA}alter table orders rename column total to amount;\n`);
});
afterAll(async () => {
  await server?.remove();
  await rm(folder, { recursive: true, force: true });
});

async function query(database: string, ...texts: readonly string[]): Promise<void> {
  const target = await resolveConnectionTarget({ url: `${server.url}/${database}`, origin: 'test', environment: {} });
  const session = await createSystem({ environment: {}, onEvent: () => {} }).postgres.connect(target, {
    applicationName: 'test',
  });
  for (const text of texts) await session.query(text);
  await session.close();
}

const onward = (...args: readonly string[]) => runOnward(args, { cwd: folder }).ended;
const record = (...args: readonly string[]) => onward('record', `${server.url}/shop`, '-o', 'queries.json', ...args);
const prove = (...args: readonly string[]) =>
  onward('prove', '--before', 'old.sql', '--queries', 'queries.json', '--on', `${server.url}/postgres`, ...args);

describe('onward record and onward prove', () => {
  it('write down what the application sends, and say what could not be seen', async () => {
    const { exit, stdout, stderr } = await record('--user', 'app', '--release', '1.4.0');
    expect({ exit, stdout }).toEqual({ exit: 0, stdout: 'queries.json: 2 statements, 2 calls\n' });
    expect(stderr).toMatch(/^not seen: what ran before \S+, when the server began to count\n$/);
    expect((await stat(join(folder, 'queries.json'))).mode & 0o777).toBe(0o600);
    const file = JSON.parse(await readFile(join(folder, 'queries.json'), 'utf8'));
    expect(file).toMatchObject({ format: 1, release: '1.4.0' });
    const schema = z.fromJSONSchema(JSON.parse(await readFile('schemas/statements.schema.json', 'utf8')));
    expect(schema.safeParse(file).error).toBeUndefined();
  });

  it('replace a file only when told', async () => {
    const { exit, stderr } = await record('--user', 'app');
    expect({ exit, stderr }).toEqual({
      exit: 2,
      stderr:
        'error lint.file-exists\nCould not write the statements: there is already a file queries.json. Nothing has changed.\n-> Name another file, or add --replace.\n',
    });
    const again = await record('--user', 'app', '--replace', '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ file: 'queries.json', statements: 2, calls: 2 });
  });

  it('end with 0 when every statement is the same', async () => {
    const { exit, stdout } = await prove('--after', 'old.sql');
    expect({ exit, stdout }).toEqual({
      exit: 0,
      stdout:
        '2 statements: 2 the same, 0 break, 0 change their shape, 0 not provable; 100 % of the calls have a verdict.\n',
    });
  });

  it('end with 1 and say what breaks', async () => {
    const { exit, stdout } = await prove('--after', 'new.sql');
    expect({ exit, stdout }).toEqual({
      exit: 1,
      stdout: `error  A statement of the old version fails with 42703: column "total" does not exist (1 call by app: select total from orders where id = $1)  (query-breaks)
    Keep what it needs until no old version runs: move this to the contract phase, or add the new shape beside the old one.

2 statements: 1 the same, 1 breaks, 0 change their shape, 0 not provable; 100 % of the calls have a verdict.
`,
    });
  });

  it('write one JSON document', async () => {
    const { exit, stdout } = await prove('--after', 'new.sql', '--json');
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      findings: [{ rule: 'query-breaks', file: 'queries.json', source: 'proof' }],
      coverage: { statements: { proven: 2, total: 2 }, calls: { proven: 2, total: 2 } },
      missing: [{ count: null }],
    });
  });

  it('end with 1 when too few calls have a verdict', async () => {
    await writeFile(join(folder, 'some.sql'), 'select id from orders;\nselect nothing from orders;\n');
    const { exit, stdout } = await prove('--after', 'old.sql', '--queries', 'some.sql', '--minimum-coverage', '0.6');
    expect(exit).toBe(1);
    expect(stdout).toContain('Only 50 % of the calls have a verdict, and 60 % must have one');
    const enough = await prove('--after', 'old.sql', '--queries', 'some.sql', '--minimum-coverage', '0.5');
    expect(enough.exit).toBe(0);
  });

  it.each([
    [['--after', 'old.sql', '--minimum-coverage', '2'], '--minimum-coverage cannot be "2"'],
    [['--after', 'old.sql', '--server', '13'], '--server cannot be "13"'],
    [[], '--after is missing'],
    [['--after', 'none.sql'], 'there is no SQL file of that name'],
    [['--after', 'old.sql', '--queries', 'none.json'], 'there is no file none.json'],
  ])('end with 2 when they cannot be carried out: %j', async (args, says) => {
    const { exit, stderr } = await prove(...args);
    expect(exit).toBe(2);
    expect(stderr).toContain(says);
  });
});
