import { chmod, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ConfigurationChange,
  type ConfigurationFile,
  type DeclaredConfigurationChange,
  type Deployment,
  OnwardError,
  type Service,
} from '../model/index.ts';
import { createSystem } from '../system/index.ts';
import {
  keepRevision,
  loadConfiguration,
  loadRevision,
  locateRevision,
  type MigratedFile,
  migrateConfiguration,
  renderConfiguration,
  renderMigration,
  writeOperatorFile,
} from './index.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-configuration-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Mapped = Partial<Omit<ConfigurationFile, 'name'>>;

/** A deployment of api and worker with these files, of which only the configuration is looked at. */
function deploy(
  files: { readonly [name: string]: Mapped },
  environment: { readonly [service: string]: Service['environment'] } = {},
): Deployment {
  const configuration = Object.entries(files).map(
    ([name, file]): ConfigurationFile => ({
      name,
      path: join(folder, `${name}.${file.format ?? 'env'}`),
      format: 'env',
      secret: false,
      services: ['api', 'worker'],
      ...file,
    }),
  );
  const services = ['api', 'worker'].map((name) => ({ name, environment: environment[name] ?? {} }));
  return { file: join(folder, 'onward.yaml'), configuration, services } as unknown as Deployment;
}

const declare = (...changes: readonly object[]): readonly DeclaredConfigurationChange[] =>
  changes.map((change) => ({ release: '1.1.0', change: { file: 'app', ...change } as ConfigurationChange }));

async function migrate(
  deployment: Deployment,
  changes: readonly DeclaredConfigurationChange[] = [],
  secrets: readonly { readonly file: string; readonly key: string }[] = [],
): Promise<readonly MigratedFile[]> {
  const loaded = await loadConfiguration(system, deployment);
  return migrateConfiguration(system, loaded, { deployment, changes, secrets });
}

const write = (name: string, text: string | Buffer) => writeFile(join(folder, name), text);

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (!(error instanceof OnwardError)) throw new Error('It was done');
  return error.code;
}

describe('migrateConfiguration()', () => {
  it('finds files that are not there, are no text or are no file, and changes nothing', async () => {
    await write('app.env', Buffer.from([0x41, 0x3d, 0xff]));
    await mkdir(join(folder, 'folder.env'));
    const found = await migrate(deploy({ app: {}, none: {}, folder: {} }), declare({ kind: 'removed', key: 'A' }));
    expect(found.map(({ after, problems }) => [after, ...problems.map(({ code }) => code)])).toEqual([
      [undefined, 'configuration.unreadable'],
      [undefined, 'configuration.no-file'],
      [undefined, 'configuration.unreadable'],
    ]);
  });

  it('takes a key for set that onward.yaml itself sets for every service of the file', async () => {
    await write('app.env', '');
    const set = { REGION: { from: 'text', value: 'eu' } } as const;
    const missing = async (environment: Parameters<typeof deploy>[1]) =>
      (await migrate(deploy({ app: {} }, environment), declare({ kind: 'required', key: 'REGION' })))[0]?.problems
        .length;
    expect(await missing({ api: set, worker: set })).toBe(0);
    expect(await missing({ api: set })).toBe(1);
  });

  it('warns of variables that do not reach a service', async () => {
    await write('app.env', 'A=1\nPORT=80\nB=2\nC=3\n');
    await write('more.env', 'B=3\n');
    const found = await migrate(
      deploy({ app: {}, more: { services: ['worker'] } }, { api: { A: { from: 'text', value: '' } } }),
    );
    expect(found[0]?.remarks.map(({ message, position }) => `${position?.line}: ${message}`)).toEqual([
      '1: A does not reach api: services.api.environment of onward.yaml sets it too, and wins',
      '2: PORT does not reach api: Onward sets it too, and wins',
      '2: PORT does not reach worker: Onward sets it too, and wins',
      '3: B does not reach worker: the file more sets it too, and wins',
    ]);
  });

  it('quotes nothing of a secret file that cannot be read', async () => {
    await write('app.env', 'MIIEvQIBADANBgkq\nA=1\nhunter2hunter2=1\nhunter2hunter2=1\n');
    await write('more.yaml', 'a: [hunter2hunter2\nhunter2hunter2: &x *hunter2hunter2\n');
    const found = await migrate(deploy({ app: { secret: true }, more: { secret: true, format: 'yaml' } }));
    expect(found.every(({ problems }) => problems.length > 0)).toBe(true);
    expect(JSON.stringify(found.map(({ problems }) => problems))).not.toMatch(/hunter2|MIIE/);
  });

  it('redacts the values of secret files and of secret keys from then on, and no other', async () => {
    await write('app.env', 'PUBLIC=production\nKEY=correct-horse\n');
    await write('more.yaml', 'a: { b: [battery-staple] }\n');
    const fresh = createSystem({ environment: {}, onEvent: () => {} });
    const deployment = deploy({ app: {}, more: { secret: true, format: 'yaml' } });
    const request = { deployment, changes: [], secrets: [{ file: 'app', key: 'KEY' }] };
    await migrateConfiguration(fresh, await loadConfiguration(fresh, deployment), request);
    expect(fresh.redaction.apply('production correct-horse battery-staple')).toBe('production *** ***');
  });
});

describe('renderMigration()', () => {
  it('shows a unified diff, with the values of secret keys left out', async () => {
    await write(
      'app.yaml',
      'a: 1\nkeys:\n  one: hunter2 # old: hunter1\n  two: |\n    hunter3\n    hunter4\nz: 1\nflow: { k: hunter5 }\n',
    );
    const changes = declare(
      { kind: 'renamed', key: 'keys.one', to: 'keys.first', secret: true },
      { kind: 'removed', key: 'z' },
    );
    const secrets = ['keys.two', 'flow.k'].map((key) => ({ file: 'app', key }));
    const [found] = await migrate(deploy({ app: { format: 'yaml' } }), changes, secrets);
    const text = found ? await renderMigration(found) : '';
    expect(text.replaceAll(folder, '.')).toBe(
      [
        '--- ./app.yaml',
        '+++ ./app.yaml, migrated',
        '@@ -1,6 +1,5 @@',
        ' a: 1',
        ' keys:',
        '-  one: ‹secret›',
        '+  first: ‹secret›',
        '   two: ‹secret›',
        '-z: 1',
        ' flow: ‹secret›',
        '',
      ].join('\n'),
    );
  });

  it('shows of a secret file the changed lines alone', async () => {
    await write('app.env', '# it was hunter1 once\nOLD="hunter2\nhunter3" # hunter4\nREST=hunter5\n');
    const changes = declare({ kind: 'renamed', key: 'OLD', to: 'NEW' }, { kind: 'added', key: 'MORE', default: 'x' });
    const [found] = await migrate(deploy({ app: { secret: true } }), changes);
    const text = found ? await renderMigration(found) : '';
    expect(text.split('\n').slice(2)).toEqual([
      '@@ -2,1 +2,1 @@',
      '-OLD=‹secret›',
      '+NEW=‹secret›',
      '@@ -3,0 +4,2 @@',
      '+# Added by 1.1.0',
      '+MORE=‹secret›',
      '',
    ]);
  });
});

describe('renderConfiguration()', () => {
  it('gives a service the keys of its env files, the later one winning, and the paths of its YAML files', async () => {
    const { configuration, services } = deploy({
      a: {},
      b: { services: ['api'] },
      'my-values': { format: 'yaml', services: ['api'] },
    });
    const texts = ['A=1\nB=$A\n', 'B=3\n', 'x: 1\n'];
    const digest = `sha256:${'0'.repeat(64)}` as const;
    const revisions = configuration.map((file, index) => ({
      file,
      text: texts[index] ?? '',
      digest,
      path: `/${file.name}`,
    }));
    const given = await Promise.all(services.map((service) => renderConfiguration(service, revisions)));
    expect(given).toEqual([
      { environment: { A: '1', B: '3' }, files: { ONWARD_CONFIG_MY_VALUES: { path: '/my-values', digest } } },
      { environment: { A: '1', B: '1' }, files: {} },
    ]);
  });
});

describe('a revision', () => {
  it('is kept once, for its owner alone, and is not believed when somebody has changed it', async () => {
    const store = { stateDirectory: join(folder, '.onward'), key: 'key' };
    const [file] = deploy({ app: {} }).configuration;
    if (!file) throw new Error('There is no file');
    const digest = await keepRevision(system, store, { file, text: 'A=1\n' });
    expect(await keepRevision(system, store, { file, text: 'A=1\n' })).toBe(digest);
    expect(await keepRevision(system, { ...store, key: 'other' }, { file, text: 'A=1\n' })).not.toBe(digest);
    const path = locateRevision(store, file, digest);
    expect([(await stat(path)).mode & 0o777, (await stat(join(path, '..'))).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(await loadRevision(system, store, { file, digest })).toBe('A=1\n');
    await writeFile(path, 'A=2\n');
    expect(await codeOf(loadRevision(system, store, { file, digest }))).toBe('configuration.missing-revision');
  });
});

describe('writeOperatorFile()', () => {
  it('keeps the mode, and leaves a file that has changed since it was read', async () => {
    const path = join(folder, 'app.env');
    await write('app.env', 'A=1\n');
    await chmod(path, 0o640);
    await writeOperatorFile(system, { editPath: path, before: 'A=1\n', after: 'A=2\n' });
    expect([await readFile(path, 'utf8'), (await stat(path)).mode & 0o777]).toEqual(['A=2\n', 0o640]);
    const again = writeOperatorFile(system, { editPath: path, before: 'A=1\n', after: 'A=3\n' });
    expect(await codeOf(again)).toBe('configuration.changed-meanwhile');
    expect(await readFile(path, 'utf8')).toBe('A=2\n');
  });

  it('writes behind a link within the folder, and never behind one that leaves it', async () => {
    const inner = join(folder, 'deployment');
    await mkdir(inner);
    await writeFile(join(folder, 'outside.env'), 'A=1\n');
    await writeFile(join(inner, 'real.env'), 'A=1\n');
    await symlink('real.env', join(inner, 'in.env'));
    await symlink('../outside.env', join(inner, 'out.env'));
    await symlink('..', join(inner, 'up'));
    const paths = {
      in: join(inner, 'in.env'),
      out: join(inner, 'out.env'),
      up: join(inner, 'up/outside.env'),
      far: join(folder, 'outside.env'),
    };
    const files = Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, { path }]));
    const deployment = { ...deploy(files), file: join(inner, 'onward.yaml') };
    const loaded = await loadConfiguration(system, deployment);
    expect(loaded.map(({ file, editPath }) => [file.name, editPath])).toEqual([
      ['in', join(inner, 'real.env')],
      ['out', undefined],
      ['up', undefined],
      // Declared to be there by the operator.
      ['far', join(folder, 'outside.env')],
    ]);
    const changes = declare({ file: 'out', kind: 'removed', key: 'A' });
    expect((await migrate(deployment, changes))[1]?.problems.map(({ code }) => code)).toEqual([
      'configuration.link-leaves',
    ]);
  });
});
