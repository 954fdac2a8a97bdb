import { chmod, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { type CommandResult, createDeployment, type TestDeployment } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';

const SECRET = 'sk_live_51Habcdefghij';
const APP = `# Settings of the shop
GREETING="hello # there" # shown to guests
OLD_NAME=first
FLAG=1

TOKEN_URL=\${GREETING}/x
`;
const VALUES = `# values
db:
  host: db1 # the primary
limits: { size: 5 }
`;
const DETAILS = `configuration:
  - { file: app, added: BILLING_CURRENCY, default: EUR, description: Currency of bills }
  - { file: app, renamed: OLD_NAME, to: NEW_NAME }
  - { file: app, removed: FLAG }
  - { file: values, renamed: db.host, to: database.host }
  - { file: keys, required: STRIPE_KEY, secret: true, description: Key of the payment service }
`;
const NEW_APP = `# Settings of the shop
GREETING="hello # there" # shown to guests
NEW_NAME=first

TOKEN_URL=\${GREETING}/x
# Added by 1.1.0: Currency of bills
BILLING_CURRENCY=EUR
`;
const NEW_VALUES = `# values
database:
  host: db1 # the primary
limits: { size: 5 }
`;

let server: EmbeddedPostgres;
let tiny: TestDeployment;
let operator: string;
/** Everything that commands have said. */
let said = '';

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'configuration');
  operator = join(tiny.stateDirectory, '..');
  await tiny.writeDeployment(
    (text) => `${text}configuration:
  app: { file: ./app.env, format: env, services: [api, worker] }
  values: { file: ./values.yaml, format: yaml, services: [api] }
  keys: { file: ./keys.env, format: env, secret: true, services: [api] }
`,
  );
  await write({ 'app.env': APP, 'values.yaml': VALUES, 'keys.env': `OTHER_KEY=${SECRET}x\n` });
  await chmod(join(operator, 'app.env'), 0o640);
  await tiny.publish('1.0.0');
  expect((await run('provision', '--yes')).exit).toBe(0);
  await tiny.publish('1.1.0', {
    details: DETAILS,
    behaviour: { worker: { mark: 'new' }, web: { neverReady: true, mark: 'bad' } },
  });
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

async function run(...args: readonly string[]): Promise<CommandResult> {
  const result = await tiny.onward(args);
  said += result.stdout + result.stderr;
  return result;
}

async function write(files: { readonly [name: string]: string }): Promise<void> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(operator, name), text);
}

const read = (name: string) => readFile(join(operator, name), 'utf8');
const readAll = async () => ({ app: await read('app.env'), values: await read('values.yaml') });

interface Seen {
  readonly id: string;
  readonly pid: number;
  readonly environment: { readonly [name: string]: string | undefined };
  readonly values?: string;
}

/** What the running instances of a service have been given, as they say themselves. */
async function ask(service: string): Promise<readonly Seen[]> {
  const folder = join(tiny.stateDirectory, 'instances', service);
  const seen: Seen[] = [];
  for (const id of (await readdir(folder)).filter((name) => !name.startsWith('.')).sort()) {
    const { child, address } = JSON.parse(await readFile(join(folder, id, 'state.json'), 'utf8'));
    if (child === undefined) continue;
    const response = await fetch(`http://${address.host}:${address.port}/configuration`).catch(() => undefined);
    if (response) seen.push({ id, pid: child.pid, ...((await response.json()) as Omit<Seen, 'id' | 'pid'>) });
  }
  return seen;
}

const ids = (seen: readonly Seen[]) => seen.map(({ id }) => id);

describe('an upgrade to a release that needs a key which nobody has set', () => {
  it('is refused before anything has changed, with what to do', async () => {
    const before = {
      files: await readAll(),
      api: ids(await ask('api')),
      runs: await readdir(join(tiny.stateDirectory, 'runs')),
    };
    const refused = await run('upgrade', '--yes');
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain('STRIPE_KEY is missing, and 1.1.0 needs it: Key of the payment service');
    expect(refused.stderr).toContain('-> Run "onward config check --version 1.1.0".');
    expect({
      files: await readAll(),
      api: ids(await ask('api')),
      runs: await readdir(join(tiny.stateDirectory, 'runs')),
    }).toEqual(before);
  });

  it('is explained by "onward config check", with what the upgrade does by itself', async () => {
    const checked = await run('config', 'check', '--version', '1.1.0');
    expect(checked.exit).toBe(1);
    expect(checked.stdout.replaceAll(operator, '.')).toBe(
      [
        'change   app: rename OLD_NAME to NEW_NAME (1.1.0); "onward upgrade" does it, or "onward config migrate"',
        'change   app: remove FLAG (1.1.0); "onward upgrade" does it, or "onward config migrate"',
        'change   app: add BILLING_CURRENCY (1.1.0); "onward upgrade" does it, or "onward config migrate"',
        'change   values: rename db.host to database.host (1.1.0); "onward upgrade" does it, or "onward config migrate"',
        'error    ./keys.env: STRIPE_KEY is missing, and 1.1.0 needs it: Key of the payment service',
        '',
      ].join('\n'),
    );
    await write({ 'keys.env': `OTHER_KEY=${SECRET}x\nSTRIPE_KEY=${SECRET}\n` });
    const shown = await run('config', 'diff');
    expect(shown.exit).toBe(0);
    expect(shown.stdout).toContain('-OLD_NAME=first\n-FLAG=1\n+NEW_NAME=first\n');
    const plan = await run('plan');
    expect(plan.stdout).toContain('and make 4 changes of configuration');
    expect(plan.stdout).toContain('      app: add BILLING_CURRENCY\n');
    expect(await readAll()).toEqual({ app: APP, values: VALUES });
  });
});

describe('a run that is parked behind its first step', () => {
  it('has changed the files, while old instances keep what they were started with, also when one is started again', async () => {
    expect((await run('upgrade', '--yes', '--until', 'stage')).exit).toBe(5);
    expect(await readAll()).toEqual({ app: NEW_APP, values: NEW_VALUES });
    expect((await stat(join(operator, 'app.env'))).mode & 0o777).toBe(0o640);
    const [old] = await ask('api');
    process.kill(old?.pid ?? 0, 'SIGKILL');
    const again = await eventually(
      () => ask('api'),
      (seen) => seen.length === 2 && seen.every(({ id, pid }) => id !== old?.id || pid !== old?.pid),
    );
    expect(again.map(({ environment, values }) => [environment.OLD_NAME, environment.NEW_NAME, values])).toEqual([
      ['first', undefined, VALUES],
      ['first', undefined, VALUES],
    ]);
  });

  it('gives the files back as they were when it is rolled back', async () => {
    expect((await run('rollback')).exit).toBe(3);
    expect(await readAll()).toEqual({ app: APP, values: VALUES });
    expect((await stat(join(operator, 'app.env'))).mode & 0o777).toBe(0o640);
  });
});

describe('a release that does not get ready', () => {
  it('goes back: its instances saw the new revision, the old ones never did, and the files are as before', async () => {
    const before = ids(await ask('worker'));
    expect((await run('upgrade', '--yes')).exit).toBe(3);
    expect(await readAll()).toEqual({ app: APP, values: VALUES });
    expect(ids(await ask('worker'))).toEqual(before);
    const folder = join(tiny.stateDirectory, 'instances/api');
    const specs = await Promise.all(
      (await readdir(folder)).map(async (id) => JSON.parse(await readFile(join(folder, id, 'spec.json'), 'utf8'))),
    );
    const given = specs.map(({ environment }) =>
      [environment.OLD_NAME ?? '', environment.NEW_NAME ?? '', environment.BILLING_CURRENCY ?? ''].join(),
    );
    expect([...new Set(given)].sort()).toEqual([',first,EUR', 'first,,']);
    expect((await run('doctor')).stdout).not.toMatch(/^error/m);
  });

  it('leaves a file that somebody has changed meanwhile, and says where the old text is', async () => {
    expect((await run('upgrade', '--yes', '--until', 'stage')).exit).toBe(5);
    // The run has revisions of its own: it goes on, whatever becomes of the file.
    await write({ 'app.env': `${NEW_APP}no setting\n` });
    expect((await run('upgrade', '--yes', '--until', 'expand')).exit).toBe(5);
    await write({ 'app.env': `${NEW_APP}MINE=1\n` });
    const back = await run('rollback');
    expect(back.exit).toBe(3);
    const [, kept = ''] =
      /app\.env was changed by somebody meanwhile and is left as it is; what the run wanted there is kept in (\S+)/.exec(
        back.stderr,
      ) ?? [];
    expect(await readFile(kept, 'utf8')).toBe(APP);
    expect(await readAll()).toEqual({ app: `${NEW_APP}MINE=1\n`, values: VALUES });
    await write({ 'app.env': APP });
  });
});

describe('a run that stops before a service has rolled', () => {
  it('gives the files back, because the old release goes on with them', async () => {
    await tiny.query('create table taken (id int)');
    await tiny.publish('1.1.1', {
      migrations: { 'expand/001_taken.sql': 'create table taken (id bigint primary key);\n' },
    });
    const stopped = await run('upgrade', '--yes');
    expect(stopped.stderr).toContain('no service was touched');
    expect(stopped.stderr).toContain('app.env has what the release changes; what it was is kept in');
    expect(await readAll()).toEqual({ app: APP, values: VALUES });
    await tiny.query('drop table taken');
  });
});

describe('kill -9 around an edit', () => {
  it.each([
    ['after', 'observe stage run.configuration'],
    ['after', 'intent stage configure:app'],
    ['before', 'result stage configure:app'],
    ['after', 'result stage configure:values'],
  ])('%s %s: going back gives the files of before', async (moment, pattern) => {
    const crashed = await tiny.onward(['upgrade', '--yes'], { ONWARD_CRASH: `${moment}=^\\d+ ${pattern}` });
    expect(crashed.signal, crashed.stderr).toBe('SIGKILL');
    expect((await run('rollback')).exit).toBe(3);
    expect(await readAll()).toEqual({ app: APP, values: VALUES });
  });

  it('on the way back as well, and forward again to the end', async () => {
    expect((await run('upgrade', '--yes', '--until', 'stage')).exit).toBe(5);
    const crashed = await tiny.onward(['rollback'], { ONWARD_CRASH: 'before=^\\d+ result back restore:app' });
    expect(crashed.signal, crashed.stderr).toBe('SIGKILL');
    expect((await run('rollback')).exit).toBe(3);
    expect(await readAll()).toEqual({ app: APP, values: VALUES });

    await tiny.publish('1.2.0', { behaviour: { web: {} } });
    const carried = { cron: ids(await ask('cron')) };
    const once = await tiny.onward(['upgrade', '--yes'], { ONWARD_CRASH: 'after=^\\d+ intent stage configure:app' });
    expect(once.signal, once.stderr).toBe('SIGKILL');
    const done = await run('upgrade', '--yes');
    expect(done.exit, done.stderr).toBe(0);
    expect(await readAll()).toEqual({ app: NEW_APP, values: NEW_VALUES });
    for (const { environment, values } of await ask('api')) {
      expect(environment).toMatchObject({
        NEW_NAME: 'first',
        BILLING_CURRENCY: 'EUR',
        STRIPE_KEY: SECRET,
        TOKEN_URL: 'hello # there/x',
      });
      expect(environment).not.toHaveProperty('OLD_NAME');
      expect(values).toBe(NEW_VALUES);
    }
    expect((await ask('worker'))[0]?.environment).not.toHaveProperty('STRIPE_KEY');
    expect({ cron: ids(await ask('cron')) }).toEqual(carried);
    expect((await run('doctor')).stdout).toMatch(/^Nothing to repair/);
  });
});

describe('a file that the operator edits', () => {
  it('rolls exactly its services, and none when only a comment of an env file has changed', async () => {
    await write({ 'app.env': `${NEW_APP}# noted\n` });
    expect((await run('plan')).stdout).toContain('Nothing to do: 1.2.0 is installed.');
    await write({ 'values.yaml': NEW_VALUES.replace('5', '6') });
    const before = { worker: ids(await ask('worker')), api: ids(await ask('api')) };
    const rolled = await run('upgrade', '--yes');
    expect(rolled.exit, rolled.stderr).toBe(0);
    expect(ids(await ask('worker'))).toEqual(before.worker);
    const after = await ask('api');
    expect(ids(after).filter((id) => before.api.includes(id))).toEqual([]);
    expect(after.map(({ values }) => values)).toEqual([NEW_VALUES.replace('5', '6'), NEW_VALUES.replace('5', '6')]);
  });

  it('closes the gate with every problem at its place while it cannot be read', async () => {
    await write({ 'app.env': 'A=1\nA=2\nB="open\n', 'values.yaml': 'a: 1\na: 2\n' });
    const refused = await run('upgrade', '--yes');
    expect(refused.exit).toBe(1);
    for (const place of ['app.env:2:1: A stands twice', 'app.env:3:3: the value of B', 'values.yaml:2:1: '])
      expect(refused.stderr).toContain(place);
    await write({ 'app.env': NEW_APP, 'values.yaml': NEW_VALUES.replace('5', '6') });
  });
});

describe('onward config migrate', () => {
  it('edits ahead of the upgrade, keeps what was, and changes nothing the second time', async () => {
    await tiny.publish('1.3.0', {
      details:
        'configuration:\n  - { file: keys, renamed: STRIPE_KEY, to: PAYMENT_KEY }\n  - { file: app, required: REGION }\n  - { file: extra, added: X, default: 1 }\n',
    });
    const shown = await run('config', 'diff');
    expect(shown.stdout).toContain('-STRIPE_KEY=‹secret›\n+PAYMENT_KEY=‹secret›\n');
    const migrated = await run('config', 'migrate');
    expect(migrated.exit).toBe(1);
    const [, kept = ''] = /what it was is kept in (\S+)/.exec(migrated.stdout) ?? [];
    expect(await readFile(kept, 'utf8')).toContain(`STRIPE_KEY=${SECRET}`);
    expect((await stat(kept)).mode & 0o777).toBe(0o600);
    expect(migrated.stdout).toContain('REGION is missing, and 1.3.0 needs it');
    expect(migrated.stdout).toContain('extra: 1.3.0 needs X in it, and onward.yaml maps no file of that name');
    expect(await read('keys.env')).toContain(`PAYMENT_KEY=${SECRET}`);
    const again = await run('config', 'migrate');
    expect(again.stdout).not.toContain('kept in');
    await tiny.writeDeployment((text) =>
      text.replace('api: { runtime: process,', 'api: { runtime: process, environment: { REGION: eu },'),
    );
    expect((await run('config', 'check')).stdout).toContain('REGION is missing');
    await tiny.writeDeployment((text) => `${text}  extra: { file: ./extra.env, format: env, services: [cron] }\n`);
    await write({ 'extra.env': '', 'app.env': `${NEW_APP}REGION=eu\n` });
    expect((await run('config', 'check')).stdout).toContain(
      'REGION does not reach api: services.api.environment of onward.yaml sets it too, and wins',
    );
    expect((await run('upgrade', '--yes')).exit).toBe(0);
    expect(await read('extra.env')).toBe('# Added by 1.3.0\nX=1\n');
  });

  it('edits what a link in the folder leads to, and nothing outside of it', async () => {
    const outside = join(tiny.folder, 'outside.env');
    await writeFile(outside, 'X=1\n');
    await rm(join(operator, 'extra.env'));
    await symlink(outside, join(operator, 'extra.env'));
    await tiny.publish('1.4.0', { details: 'configuration: [{ file: extra, renamed: X, to: Y }]\n' });
    const refused = await run('config', 'check');
    expect(refused.exit).toBe(1);
    expect(refused.stdout).toContain('would be edited, and leads out of the folder of onward.yaml');
    expect((await run('config', 'migrate')).exit).toBe(1);
    expect(await readFile(outside, 'utf8')).toBe('X=1\n');
    await rm(join(operator, 'extra.env'));
    await write({ 'real.env': 'X=1\n' });
    await symlink('real.env', join(operator, 'extra.env'));
    expect((await run('config', 'migrate')).exit).toBe(0);
    expect(await read('real.env')).toBe('Y=1\n');
  });
});

describe('secrets', () => {
  it('are in no output, no event and no journal', async () => {
    const runs = join(tiny.stateDirectory, 'runs');
    for (const id of await readdir(runs)) {
      for (const name of await readdir(join(runs, id))) said += await readFile(join(runs, id, name), 'utf8');
    }
    expect(said).toContain('STRIPE_KEY');
    expect(said).not.toContain(SECRET);
  });
});
