import { once } from 'node:events';
import { appendFile, cp, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../../support/deployment.ts';
import { lines, namesOf, normalise, runRefused, withoutNext } from '../../support/refusal.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;
let vendor = '';
let source = '';

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'releases');
  vendor = join(tiny.folder, 'vendor');
  source = join(tiny.folder, 'releases');
  await tiny.publish('1.0.0');
  await tiny.onward(['provision', '--yes']);
  await tiny.publish('1.1.0', {
    behaviour: { api: { mark: '1.1.0' } },
    migrations: { 'expand/001_add.sql': 'alter table item add column note text;\n' },
  });
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

const build = (version: string) =>
  runRefused(tiny, ['release', 'build', version, '--product', join(vendor, 'product.yaml'), '--to', source]);

function unusable(code: string, problems: string, ...details: readonly string[]) {
  return {
    exit: 2,
    stdout: '',
    stderr: lines(
      `error ${code}`,
      `Could not use product.yaml <folder>/vendor/product.yaml: it has ${problems}. Nothing has changed.`,
      '',
      ...details.map((detail) => (detail.startsWith(' ') ? detail : `  <folder>/vendor/product.yaml:${detail}`)),
      '',
      '-> Mend <folder>/vendor/product.yaml, then run the same command again.',
    ),
  };
}

describe('onward release build', () => {
  it('refuses product.yaml with every problem of it, each with line and column', async () => {
    const file = join(vendor, 'product.yaml');
    const good = await readFile(file, 'utf8');
    await writeFile(
      file,
      `product: Tiny
upgrades: { skipMinr: true, skipMajor: yes please }
databases: { core: { services: [api], server: "fourteen", extensons: [x] } }
services:
  api: { database: core, artifact: ./dist/api, comand: [node, main.mjs], ready: { htp: /ready } }
  worker: { artifact: ../outside, command: [], roll: sideways }
`,
    );
    expect(await build('1.2.0')).toEqual(
      unusable(
        'document.invalid',
        '10 problems',
        '1:10: product: must be lower-case letters, digits and hyphens, beginning with a letter',
        '2:13: unknown key "upgrades.skipMinr"',
        '      Did you mean "skipMinor"?',
        '2:40: upgrades.skipMajor: must be a boolean',
        '3:47: databases.core.server: must be a version range, such as ">=1.2 <2"',
        '3:59: unknown key "databases.core.extensons"',
        '      Did you mean "extensions"?',
        '5:48: unknown key "services.api.comand"',
        '      Did you mean "command"?',
        '5:83: unknown key "services.api.ready.htp"',
        '      Did you mean "http"?',
        '6:23: services.worker.artifact: must be a relative path inside the folder of product.yaml, with forward slashes',
        '6:44: services.worker.command: must name a program',
        '6:54: services.worker.roll: must be "start-first" or "overlap" or "stop-first" or "one-shot"',
      ),
    );
    await writeFile(file, good);
  });

  it('refuses what is said of a release with every problem of it, each with line and column', async () => {
    const file = join(vendor, 'releases.d/1.2.0.yaml');
    await writeFile(
      file,
      `upgradeFrom: newest
stop: []
rollback: { until: commit }
stops:
  - { id: a, satisfiedBy: ">=1", prefer: v1.0.0, reason: x }
notes: { breaking: everything, summry: x }
`,
    );
    const details = '<folder>/vendor/releases.d/1.2.0.yaml';
    expect(await build('1.2.0')).toEqual({
      exit: 2,
      stdout: '',
      stderr: lines(
        'error document.invalid',
        `Could not use release file ${details}: it has 6 problems. Nothing has changed.`,
        '',
        `  ${details}:1:14: upgradeFrom: must be a version range, such as ">=1.2 <2"`,
        `  ${details}:2:1: unknown key "stop"`,
        '      Did you mean "stops"?',
        `  ${details}:3:20: rollback.until: must be "roll" or "postdeploy"`,
        `  ${details}:5:42: stops.0.prefer: must be a version, such as 1.2.0`,
        `  ${details}:6:20: notes.breaking: must be a list`,
        `  ${details}:6:32: unknown key "notes.summry"`,
        '      Did you mean "summary"?',
        '',
        `-> Mend ${details}, then run the same command again.`,
      ),
    });
    await rm(file);
  });

  it('refuses an artifact with a link that leads out of it', async () => {
    const link = join(vendor, 'dist/web/secrets');
    await symlink('../../../..', link);
    expect(await build('1.2.0')).toEqual({
      exit: 2,
      stdout: '',
      stderr: lines(
        'error artifact.unsupported',
        'Could not use <folder>/vendor/dist/web/secrets as a part of an artifact: it is a symbolic link to ../../../.., which leaves the artifact or may leave it. Nothing has changed.',
        '-> Remove <folder>/vendor/dist/web/secrets from the artifact, then run the same command again.',
      ),
    });
    await rm(link);
  });

  it('refuses artifacts that are not built', async () => {
    const [web, worker] = [join(vendor, 'dist/web'), join(vendor, 'dist/worker')];
    await rename(web, `${web}.away`);
    await rename(worker, `${worker}.away`);
    await mkdir(worker);
    expect(await build('1.2.0')).toEqual(
      unusable(
        'release.unusable-file',
        '2 problems',
        '9:20: services.web.artifact: there is no folder ./dist/web; build it first',
        '10:23: services.worker.artifact: the folder ./dist/worker is empty; build it first',
      ),
    );
    await rm(worker, { recursive: true });
    await rename(`${web}.away`, web);
    await rename(`${worker}.away`, worker);
  });

  it('refuses what is no version, and other content under a version that is published', async () => {
    const notBuildable = (version: string, reason: string, remedy: string) => ({
      exit: 1,
      stdout: '',
      stderr: lines(
        'error release.not-buildable',
        `Could not build release ${version}: there is a reason against it. Nothing has changed.`,
        '',
        `  ${reason}`,
        `      ${remedy}`,
        '',
        '-> Mend what is listed, then run `onward release build` with another version.',
      ),
    });
    expect(await build('v1.2.0')).toEqual(
      notBuildable('v1.2.0', '"v1.2.0" is not a version such as 1.2.0', 'Run `onward release build 1.2.0`.'),
    );
    const behaviour = join(vendor, 'dist/web/behaviour.json');
    const good = await readFile(behaviour);
    await appendFile(behaviour, '\n');
    expect(await build('1.1.0')).toEqual(
      notBuildable(
        '1.1.0',
        '1.1.0 was published on <date> with other content, and a published release never changes',
        'Build the change as a new version.',
      ),
    );
    await writeFile(behaviour, good);
  });
});

describe('onward upgrade', () => {
  it('refuses a release document that is not the one of the catalog', async () => {
    const refusal = {
      exit: 2,
      stdout: '',
      stderr: lines(
        'error release.wrong-digest',
        'Could not use release 1.1.0: its document is sha256:<digest>, and the catalog says sha256:<digest>. Nothing has changed.',
        '-> Copy the release source again from where it was published.',
      ),
    };
    await withDamage('releases/1.1.0.json', async (file) => {
      await writeFile(file, (await readFile(file, 'utf8')).replace('/ready', '/readi'));
      expect(await runRefused(tiny, ['upgrade', '--yes'])).toEqual(refusal);
      expect(await runRefused(tiny, ['plan'])).toEqual(refusal);
      expect(await runRefused(tiny, ['release', 'show', '1.1.0'])).toEqual(refusal);
    });
  });

  it.each<[string, (text: string) => string, readonly string[]]>([
    [
      'cut off',
      (text) => text.slice(0, text.indexOf('"skipMinor"') - 1),
      [':22:4: is not JSON: Expected double-quoted property name'],
    ],
    [
      'edited by hand',
      (text) => text.replace('"channels"', '"chanels"').replace('"skipMajor": true', '"skipMajor": "yes"'),
      [':2:3: unknown key "chanels"', '      Did you mean "channels"?', ':21:18: rules.skipMajor: must be a boolean'],
    ],
    [
      'leading nowhere',
      (text) => text.replace('"stable": "1.1.0"', '"stable": "1.7.0"'),
      [':3:15: channels.stable: there is no release 1.7.0'],
    ],
  ])('refuses a catalog that is %s, with every problem where it stands', async (_, damage, problems) => {
    await withDamage('catalog.json', async (file) => {
      await writeFile(file, damage(await readFile(file, 'utf8')));
      expect(await runRefused(tiny, ['upgrade', '--yes'])).toEqual({
        exit: 2,
        stdout: '',
        stderr: lines(
          'error release.wrong-document',
          'Could not read the catalog <folder>/releases/catalog.json: it is damaged or was edited by hand. Nothing has changed.',
          '',
          ...problems.map((problem) =>
            problem.startsWith(' ') ? problem : `  <folder>/releases/catalog.json${problem}`,
          ),
          '',
          '-> Copy the release source again from where it was published.',
        ),
      });
    });
  });

  it('refuses a catalog of a later version of Onward', async () => {
    await withDamage('catalog.json', async (file) => {
      await writeFile(file, (await readFile(file, 'utf8')).replace('catalog/v1', 'catalog/v9'));
      expect(await runRefused(tiny, ['upgrade', '--yes'])).toEqual({
        exit: 2,
        stdout: '',
        stderr: lines(
          'error release.other-version',
          'Could not read the catalog <folder>/releases/catalog.json: it is of schema onward/catalog/v9, and this Onward reads onward/catalog/v1. Nothing has changed.',
          '-> Run `npm install --global onward@latest`, then run the same command again.',
        ),
      });
    });
  });

  it('refuses a release document that is damaged, and one that is gone', async () => {
    await withDamage('releases/1.1.0.json', async (file) => {
      await writeFile(file, '');
      expect(await runRefused(tiny, ['upgrade', '--yes'])).toEqual({
        exit: 2,
        stdout: '',
        stderr: lines(
          'error release.wrong-document',
          'Could not read the release document <folder>/releases/releases/1.1.0.json: it is damaged or was edited by hand. Nothing has changed.',
          '',
          '  <folder>/releases/releases/1.1.0.json:1:1: is not JSON: Unexpected end of JSON input',
          '',
          '-> Copy the release source again from where it was published.',
        ),
      });
      await rm(file);
      expect(await runRefused(tiny, ['upgrade', '--yes'])).toEqual({
        exit: 2,
        stdout: '',
        stderr: lines(
          'error release.wrong-content',
          'Could not use release 1.1.0: <folder>/releases/releases/1.1.0.json is missing or does not have the content that the release names. Nothing has changed.',
          '-> Copy the release source again from where it was published.',
        ),
      });
    });
  });

  it('refuses migrations whose text is not the one of the release', async () => {
    await withDamage('migrations', async (folder) => {
      for (const name of await readdir(folder)) await appendFile(join(folder, name), 'drop table item;\n');
      expect(await runRefused(tiny, ['upgrade', '--yes'])).toEqual({
        exit: 2,
        stdout: '',
        stderr: lines(
          'error release.wrong-content',
          'Could not use migration core/1.0.0/expand/001_create.sql: <folder>/releases/migrations/<digest>.sql is missing or does not have the content that the release names. Nothing has changed.',
          '-> Copy the release source again from where it was published.',
        ),
      });
    });
  });

  it.each([
    [
      'missing',
      (artifact: string) => rm(artifact, { recursive: true }),
      'deploy.missing-artifact',
      'the release source does not have it.',
    ],
    [
      'other than its identity says',
      (artifact: string) => appendFile(join(artifact, 'main.mjs'), '// changed\n'),
      'deploy.wrong-identity',
      'it is sha256:<digest>, and the release says sha256:<digest>.',
    ],
  ])(
    'stops while it stages an artifact that is %s; nothing is rolled and no schema is changed',
    async (_, damage, code, why) => {
      const plan = await tiny.onward(['plan']);
      const before = await observeServing();
      await withDamage(join('artifacts', await identityOfApi()), async (artifact) => {
        await damage(artifact);
        const said = normalise(await tiny.onward(['upgrade', '--yes']), namesOf(tiny));
        const reason = `Could not stage the artifact <folder>/releases/artifacts/<digest>: ${why}`;
        expect(said).toEqual({
          exit: 1,
          stdout: '',
          stderr: lines(
            withoutNext(plan.stdout).trimEnd(),
            'Run <run>: 1.0.0 -> 1.1.0',
            `✗ Fetch and verify artifacts: ${reason}`,
            'Stopped: no service was touched.',
            `error ${code}`,
            reason,
            '-> Copy the release source again from where it was published, then run the same command again.',
            '',
            'Serving: 1.0.0; no service was touched.',
            'Data is safe: migrations that are in the ledger are whole, the others were not applied.',
            '-> Run "onward upgrade" again once the reason is gone.',
          ),
        });
      });
      expect(await observeServing()).toEqual(before);
    },
  );

  it('goes on when the source is whole again', async () => {
    const { stderr, exit } = await tiny.onward(['upgrade', '--yes']);
    expect(exit, stderr).toBe(0);
  });

  it('refuses an image for a service that runs as a process, before anything has changed', async () => {
    const registry = createServer((_, response) => response.end('{"schemaVersion":2,"layers":[]}'));
    registry.listen(0, '127.0.0.1');
    await once(registry, 'listening');
    const file = join(vendor, 'product.yaml');
    const good = await readFile(file, 'utf8');
    const image = `"127.0.0.1:${(registry.address() as AddressInfo).port}/tiny/worker:1"`;
    await writeFile(file, good.replace('artifact: ./dist/worker, command: [node, main.mjs]', `image: ${image}`));
    const built = await tiny.onward(['release', 'build', '1.2.0', '--product', file, '--to', source]);
    registry.close();
    expect(built).toMatchObject({ exit: 0, stderr: expect.stringContaining('pinned to sha256:') });
    await writeFile(file, good);
    const { exit, stderr } = await runRefused(tiny, ['upgrade', '--version', '1.2.0', '--yes']);
    expect({ exit, stderr }).toEqual({
      exit: 1,
      stderr: expect.stringContaining(
        'Could not use what release 1.2.0 ships as worker: it is an image, and processes are started from folders. Write "runtime: compose" for worker into onward.yaml.',
      ),
    });
  });
});

/** Lends a file or folder of the source to be damaged, and puts it back as it was. */
async function withDamage(path: string, work: (path: string) => Promise<void>): Promise<void> {
  const place = join(source, path);
  await cp(place, `${place}.whole`, { recursive: true });
  try {
    await work(place);
  } finally {
    await rm(place, { recursive: true, force: true });
    await rename(`${place}.whole`, place);
  }
}

async function identityOfApi(): Promise<string> {
  const { stdout } = await tiny.onward(['release', 'show', '1.1.0', '--json']);
  const release = JSON.parse(stdout) as { components: { service: string; identity: string }[] };
  const api = release.components.find(({ service }) => service === 'api');
  return api?.identity.slice('sha256:'.length) ?? '';
}

async function observeServing() {
  const instances = await readdir(join(tiny.stateDirectory, 'instances'), { recursive: true });
  return {
    instances: instances.sort(),
    ledger: await tiny.query('select * from onward.migration order by id'),
    columns: await tiny.query(
      `select column_name from information_schema.columns where table_name = 'item' order by 1`,
    ),
  };
}
