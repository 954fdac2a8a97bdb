import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OnwardError } from '../model/index.ts';
import { createSystem } from '../system/index.ts';
import { checkClearText, loadDeployment, resolveDatabaseTargets, resolveEnvironment } from './index.ts';

const system = createSystem({ environment: { SHOP_TOKEN: 's3cret-token' }, onEvent: () => {} });
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-deployment-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(text: string) {
  await writeFile(join(folder, 'onward.yaml'), text);
  return loadDeployment(system, folder);
}

async function failure(text: string): Promise<OnwardError> {
  return load(text).then(
    () => {
      throw new Error('It was accepted');
    },
    (error: OnwardError) => error,
  );
}

/** Every problem that the file is refused for, with its place. */
async function problems(text: string): Promise<readonly string[]> {
  const { detail = '' } = await failure(text);
  return detail.replaceAll(join(folder, 'onward.yaml'), 'onward.yaml').split('\n');
}

const FRAME = `
deployment: shop
releases: { source: ./releases }
databases: { core: { url: postgres://onward@127.0.0.1/core } }
services:`;

const MINIMAL = `${FRAME}
  api: { runtime: process }
`;

describe('loadDeployment()', () => {
  it('fills in the defaults that promises depend on', async () => {
    const deployment = await load(MINIMAL);
    expect(deployment).toMatchObject({
      name: 'shop',
      control: 'core',
      stateDirectory: join(folder, '.onward'),
      releases: { source: join(folder, 'releases'), channel: 'stable' },
      lockBudgetMs: 50,
      leaseTtlMs: 30_000,
      pacing: { windows: [], replicaLagMs: 10_000, walBacklogBytes: 2 ** 30, oldSnapshotMs: 300_000, parallel: 1 },
    });
    expect(deployment.pacing.rowsPerSecond).toBeUndefined();
    expect(deployment.services[0]).toMatchObject({ replicas: 1, switch: { kind: 'none' }, settleMs: 10_000 });
  });

  it('resolves configuration files beside the file, and refuses services that there are not and files that two names share', async () => {
    const { configuration } = await load(`${MINIMAL}configuration:
  app: { file: ./app.env, format: env, services: [api] }
  secrets: { file: keys/secrets.env, format: env, secret: true, services: [api] }
`);
    expect(configuration).toEqual([
      { name: 'app', path: join(folder, 'app.env'), format: 'env', secret: false, services: ['api'] },
      { name: 'secrets', path: join(folder, 'keys/secrets.env'), format: 'env', secret: true, services: ['api'] },
    ]);
    const error = await failure(`${MINIMAL}configuration:
  app: { file: ./app.env, format: env, services: [apy, api, api] }
  other: { file: ./app.env, format: yaml, services: [api] }
`);
    expect(error.findings.map(({ message, position }) => `${position?.line}:${position?.column} ${message}`)).toEqual([
      '8:51 configuration.app.services.0: there is no "apy"; did you mean "api"?',
      '8:61 configuration.app.services.2: "api" stands twice',
      '9:18 configuration.other.file: ./app.env is the file of "app" already',
    ]);
  });

  it('reports every problem at once, with line, column and suggestion', async () => {
    const error = await failure(`
deployment: shop
relases: { source: ./releases }
databases: { core: { url: postgres://onward@127.0.0.1/core } }
services:
  api:
    runtime: process
    replicas: 0
    drian: 10s
    ready: { htpp: /ready }
  web: { runtime: docker, drain: soon }
`);
    expect(error.exit).toBe(2);
    expect(error.state).toBe('unchanged');
    const file = join(folder, 'onward.yaml');
    expect(error.detail?.replaceAll(file, 'onward.yaml')).toBe(
      [
        'onward.yaml:3:1: unknown key "relases"',
        '    Did you mean "releases"?',
        'onward.yaml:8:15: services.api.replicas: must be at least 1',
        'onward.yaml:9:5: unknown key "services.api.drian"',
        '    Did you mean "drain"?',
        'onward.yaml:10:14: unknown key "services.api.ready.htpp"',
        '    Did you mean "http"?',
        'onward.yaml:11:19: services.web.runtime: must be "process" or "compose" or "ssh"',
        'onward.yaml:11:34: services.web.drain: must be a duration such as 250ms, 30s, 2m or 12h',
      ].join('\n'),
    );
  });

  it('reports names that lead nowhere, circles and shared addresses', async () => {
    const found = await problems(`
deployment: shop
releases: { source: ./releases }
databases: { core: { url: postgres://onward@127.0.0.1/core } }
control: cor
services:
  api: { runtime: process, after: [web], switch: { builtin: { listen: 127.0.0.1:8080 } } }
  web: { runtime: process, after: [api], switch: { builtin: { listen: 127.0.0.1:8080 } } }
  one: { runtime: process, roll: start-first }
checks:
  - { name: total, sql: { database: main, query: select 1 } }
`);
    expect(found).toEqual([
      'onward.yaml:5:10: control: there is no "cor"; did you mean "core"?',
      'onward.yaml:7:3: services: "after" goes in a circle: api -> web -> api',
      'onward.yaml:8:71: services.web.switch.builtin.listen: 127.0.0.1:8080 is the address of "api" already',
      'onward.yaml:9:34: services.one.roll: start-first needs a switch in front; add "switch" or choose overlap or stop-first',
      'onward.yaml:11:37: checks.0.sql.database: there is no "main"',
    ]);
  });

  it('reports units that cannot hold what is asked of them', async () => {
    const found = await problems(`${FRAME}
  api: { runtime: ssh, hosts: [a, b, a], unit: api.service, replicas: 2, port: 8080-8081 }
  web: { runtime: ssh, hosts: [a], unit: web@.service, replicas: 2, port: 8080-8082 }
  one: { runtime: ssh, hosts: [a], unit: one@.service, port: 8090, roll: stop-first }
  two: { runtime: ssh }
`);
    expect(found).toEqual([
      'onward.yaml:6:38: services.api.hosts.2: "a" stands twice',
      'onward.yaml:6:71: services.api.replicas: a plain unit is one instance on each host; name a template such as search@.service',
      'onward.yaml:6:80: services.api.port: a plain unit listens on one port',
      'onward.yaml:7:75: services.web.port: 4 ports are needed on each host, for old and new instances at once; name a range',
      'onward.yaml:9:8: services.two: runtime ssh needs "hosts"',
    ]);
  });

  it('reports units and services of compose.yaml that two services would take from each other, and ports that there are not', async () => {
    const found = await problems(`${FRAME}
  api: { runtime: ssh, hosts: [a, b], unit: app.service }
  web: { runtime: ssh, hosts: [b, c], unit: app.service }
  one: { runtime: ssh, hosts: [a], unit: app@.service, port: 9000-8000 }
  two: { runtime: ssh, hosts: [a], unit: app@.service, port: 60000-70000 }
  job: { runtime: compose }
  copy: { runtime: compose, service: job, switch: { builtin: { listen: "127.0.0.1:99999" } } }
`);
    expect(found).toEqual([
      'onward.yaml:8:62: services.one.port: must be a port such as 8080, or a range such as 8080-8089',
      'onward.yaml:9:62: services.two.port: must be a port such as 8080, or a range such as 8080-8089',
      'onward.yaml:11:72: services.copy.switch.builtin.listen: must end in a port from 1 to 65535',
    ]);
    const shared = await problems(`${FRAME}
  api: { runtime: ssh, hosts: [a, b], unit: app.service }
  web: { runtime: ssh, hosts: [b, c], unit: app.service }
  one: { runtime: ssh, hosts: [a], unit: app@.service }
  two: { runtime: ssh, hosts: [a], unit: app@.service }
  job: { runtime: compose }
  copy: { runtime: compose, service: job }
`);
    expect(shared).toEqual([
      'onward.yaml:7:45: services.web.unit: app.service on b is the unit of "api" already',
      'onward.yaml:11:38: services.copy.service: job is the service in compose.yaml of "job" already',
    ]);
  });

  it('says of a key that is left out that it is missing, and of a value what it must be', async () => {
    const found = await problems(`
deployment: shop
releases: { source: ./releases, channel: 7 }
databases: { Core: { url: postgres://onward@127.0.0.1/core } }
services:
  api: { roll: overlap }
  web: { runtme: process }
lease: { ttl: 6 }
`);
    expect(found).toEqual([
      'onward.yaml:3:42: releases.channel: must be a channel such as stable, or a version',
      'onward.yaml:4:20: databases.Core: this name must be lower-case letters, digits, hyphens and underscores, starting with a letter',
      'onward.yaml:6:8: services.api.runtime: is missing',
      'onward.yaml:7:10: unknown key "services.web.runtme"',
      '    Did you mean "runtime"?',
      'onward.yaml:8:15: lease.ttl: must be a duration such as 250ms, 30s, 2m or 12h',
    ]);
  });

  it('reads the pacing of data migrations', async () => {
    const { pacing } = await load(`${MINIMAL}
pacing:
  windows: ["22:00-06:00 Europe/Zurich", "Sat-Sun 00:00-24:00 UTC"]
  rowsPerSecond: 5000
  replicaLag: 3s
  walBacklog: 512MiB
  oldSnapshot: 1h
  parallel: 4
`);
    expect(pacing).toEqual({
      windows: [
        expect.objectContaining({ text: '22:00-06:00 Europe/Zurich', from: 1_320, to: 360 }),
        expect.objectContaining({ text: 'Sat-Sun 00:00-24:00 UTC', days: [5, 6] }),
      ],
      rowsPerSecond: 5_000,
      replicaLagMs: 3_000,
      walBacklogBytes: 2 ** 29,
      oldSnapshotMs: 3_600_000,
      parallel: 4,
    });
  });

  it('says where a window, a size or a number of the pacing is wrong', async () => {
    const found = await problems(`${MINIMAL}
pacing:
  windows:
    - 22:00-06:00 Europe/Zurich
    - 22:00-22:00 UTC
    - Mo 22:00-23:00 UTC
    - 7
  rowsPerSecond: 0
  replicaLag: 3
  walBacklog: 1G
  paralel: 2
`);
    expect(found).toEqual([
      'onward.yaml:11:7: pacing.windows.1: must not end when it begins; the whole day is 00:00-24:00',
      'onward.yaml:12:7: pacing.windows.2: must name days such as Mon-Fri or Sat,Sun, not "Mo"',
      'onward.yaml:13:7: pacing.windows.3: must be a string',
      'onward.yaml:14:18: pacing.rowsPerSecond: must be at least 1',
      'onward.yaml:15:15: pacing.replicaLag: must be a duration such as 250ms, 30s, 2m or 12h',
      'onward.yaml:16:15: pacing.walBacklog: must be a size such as 512MiB or 1GiB',
      'onward.yaml:17:3: unknown key "pacing.paralel"',
      '    Did you mean "parallel"?',
    ]);
  });

  it('refuses the same key twice, and text that is no YAML', async () => {
    const twice = await failure('deployment: shop\ndeployment: other\n');
    expect(twice.findings[0]?.message).toBe('Map keys must be unique');
    expect(twice.findings[0]?.position).toMatchObject({ line: 2, column: 1 });
    const broken = await failure('deployment: [shop\n');
    expect(broken.findings.length).toBeGreaterThan(0);
  });

  it('says which file it looked for when there is none', async () => {
    const error = await loadDeployment(system, join(folder, 'nowhere.yaml')).catch((thrown: OnwardError) => thrown);
    expect(error).toBeInstanceOf(OnwardError);
    expect((error as OnwardError).message).toBe(
      `Could not read onward.yaml: there is no file ${join(folder, 'nowhere.yaml')}.`,
    );
  });
});

describe('resolveEnvironment()', () => {
  it('reads env: and file: values late and redacts them from then on', async () => {
    await writeFile(join(folder, 'key'), 'file-s3cret\n');
    const deployment = await load(
      MINIMAL.replace(
        '{ runtime: process }',
        '{ runtime: process, environment: { A: env:SHOP_TOKEN, B: "file:./key", C: plain } }',
      ),
    );
    const [service] = deployment.services;
    const environment = service && (await resolveEnvironment(system, service));
    expect(environment).toEqual({ A: 's3cret-token', B: 'file-s3cret', C: 'plain' });
    expect(system.redaction.apply('s3cret-token and file-s3cret')).toBe('*** and ***');
  });

  it('names the value that is missing', async () => {
    const deployment = await load(
      MINIMAL.replace('{ runtime: process }', '{ runtime: process, environment: { A: env:NOT_SET } }'),
    );
    const [service] = deployment.services;
    if (!service) throw new Error('The service is missing');
    await expect(resolveEnvironment(system, service)).rejects.toThrow(
      'Could not resolve services.api.environment.A: the environment variable NOT_SET is not set.',
    );
  });
});

describe('resolveDatabaseTargets()', () => {
  it('takes the password from its file and keeps it out of every text', async () => {
    await writeFile(join(folder, 'password'), 'pa55word-of-core\n');
    const deployment = await load(MINIMAL.replace('127.0.0.1/core }', '127.0.0.1/core, passwordFile: ./password }'));
    const target = (await resolveDatabaseTargets(system, deployment)).get('core');
    expect(target).toMatchObject({ host: '127.0.0.1', user: 'onward', database: 'core', password: 'pa55word-of-core' });
    expect(system.redaction.apply('postgres://onward:pa55word-of-core@h/d')).toBe('postgres://onward:***@h/d');
  });
});

describe('checkClearText()', () => {
  it('warns of passwords in URLs and of values under the names of secrets, not of what is read from elsewhere', async () => {
    const deployment = await load(`
deployment: shop
releases: { source: ./releases }
databases: { core: { url: "postgres://onward:hunter22@127.0.0.1/core" }, other: { url: env:OTHER_URL } }
services:
  api: { runtime: process, environment: { API_TOKEN: abc, MAIL_URL: "smtp://u:p4ss@mail/", SAFE_TOKEN: file:./key, COLOUR: blue } }
`);
    expect(checkClearText(deployment).map((finding) => finding.message)).toEqual([
      'databases.core.url in onward.yaml holds a secret in clear text.',
      'services.api.environment.API_TOKEN in onward.yaml holds a secret in clear text.',
      'services.api.environment.MAIL_URL in onward.yaml holds a secret in clear text.',
    ]);
  });
});
