import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { runOnward } from '../support/deployment.ts';
import { createProject, docker, removeProject } from '../support/docker.ts';
import { countingEffects, readEffects } from '../support/effects.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/free-port.ts';
import { say } from '../support/haproxy.ts';
import { busyboxImage, haproxyImage, nodeImage } from '../support/images.ts';
import { type Registry, startRegistry } from '../support/registry.ts';
import { buildServiceImage } from '../support/service-image.ts';
import { startSteadyLoad } from '../support/steady-load.ts';

const project = createProject('adopt');
let server: EmbeddedPostgres;
let registry: Registry;
/** What runs at first, by service. */
const images: Record<string, string> = {};
let folder: string;
let port: number;

/** Asks api and web by their names, on a new connection each time, and says on request how that went since each of them answered first. */
const CLIENT = `
const http = require('node:http'); const told = {};
const ask = (host) => new Promise((done) => { told[host].sent += 1; const fail = (why) => { if (told[host].answered) told[host].failures.push(why); done(); };
  http.get({ host, port: 8080, path: '/', agent: false }, (answer) => { answer.resume(); answer.on('end', () => { if (answer.statusCode !== 200) return fail(String(answer.statusCode)); told[host].answered = true; done(); }); }).on('error', (error) => fail(error.code || error.message)); });
for (const host of ['api', 'web']) { told[host] = { sent: 0, answered: false, failures: [] }; (async () => { for (;;) { await ask(host); await new Promise((done) => setTimeout(done, 10)); } })(); }
http.createServer((_, answer) => answer.end(JSON.stringify(told))).listen(9000, '0.0.0.0');
`;

const COMPOSE = `
name: ${project}
services:
  api:
    image: $API
    ports: ["127.0.0.1:$PORT:8080"]
    environment: { DATABASE_URL: "$DATABASE" }
    stop_grace_period: 5s
    healthcheck: { test: "wget -qO- http://127.0.0.1:8080/ready", interval: 1h }
  worker:
    image: $WORKER
    environment: { DATABASE_URL: "$DATABASE" }
  web:
    image: $WEB
    healthcheck: { test: "wget -qO- http://127.0.0.1:8080/ready", interval: 1h }
  prometheus:
    image: $NODE
    command: ["node", "-e", $CLIENT]
    environment: { WEB_URL: "http://web:8080" }
`;

const onward = (...args: readonly string[]) => runOnward(args, { cwd: folder }).ended;
const ids = async (service: string) =>
  (await docker(['ps', '--quiet', '--no-trunc', '--filter', `name=^${project}-${service}-`]))
    .split('\n')
    .filter(Boolean);
const version = async () =>
  ((await (await fetch(`http://127.0.0.1:${port}/version`)).json()) as { version: string }).version;

/** Name and text of every file of the operator's folder but the state directory. */
async function readAll(): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder)).filter((name) => name !== '.onward').sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8').catch(() => 'a folder')));
  return new Map(names.map((name, index) => [name, texts[index] ?? '']));
}

interface Told {
  readonly sent: number;
  readonly failures: readonly string[];
}

async function askClient(): Promise<{ readonly api: Told; readonly web: Told }> {
  const [client = ''] = await ids('prometheus');
  const address = await docker([
    'inspect',
    '--format',
    `{{(index .NetworkSettings.Networks "${project}_default").IPAddress}}`,
    client,
  ]);
  return (await fetch(`http://${address}:9000`)).json() as ReturnType<typeof askClient>;
}

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  registry = await startRegistry();
  folder = await mkdtemp(join(tmpdir(), `${project}-`));
  port = await freePort();
  for (const name of ['api', 'worker', 'web']) {
    const reference = await buildServiceImage({ project, name, tag: '1.0.0', behaviour: { mark: name } });
    await registry.push(reference, `acme/${name}:1.0.0`);
    images[name] = `${registry.host}/acme/${name}:1.0.0`;
  }
  const client = `${project}/prometheus:1`;
  await docker(['tag', await nodeImage(), client]);
  const text = COMPOSE.replace('$API', images.api ?? '')
    .replace('$WORKER', images.worker ?? '')
    .replace('$WEB', images.web ?? '')
    .replace('$PORT', String(port))
    .replaceAll('$DATABASE', `${server.url}/postgres`)
    .replace('$NODE', client)
    .replace('$CLIENT', JSON.stringify(CLIENT.replaceAll('$', '$$$$')));
  await writeFile(join(folder, 'compose.yaml'), text);
  await writeFile(join(folder, '.env'), '# ours\nCOLOUR=blue');
  await docker(['compose', 'up', '--detach', '--quiet-pull'], { cwd: folder });
  await eventually(() => version().catch(() => undefined), Boolean);
});
afterAll(async () => {
  await removeProject(project);
  await docker(['image', 'rm', `${project}/prometheus:1`]);
  await registry?.close();
  await server?.remove();
  await rm(folder, { recursive: true, force: true });
  await rm(`${folder}.effects`, { force: true });
});

/** Who asks a container by its own address in the moment in which it stops is told no, or nothing. */
function expectOnlyMoments({ api, web }: { readonly api: Told; readonly web: Told }): void {
  expect(api.sent + web.sent).toBeGreaterThan(40);
  const others = [...api.failures, ...web.failures].filter((failure) => !MOMENT.test(failure));
  expect(others).toEqual([]);
}

const MOMENT = /ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH/;

describe('adopting a Compose project that runs', { timeout: 180_000 }, () => {
  let before: ReadonlyMap<string, string>;

  it('proposes files, changes nothing, and writes them when told to', async () => {
    const running = [await ids('api'), await ids('worker'), await ids('web')];
    const shown = await onward('adopt');
    expect(shown.exit, shown.stderr).toBe(0);
    expect(shown.stdout).toContain(`listen: "127.0.0.1:${port}"`);
    expect(shown.stderr).toMatch(/Next:\n {2}onward adopt --write/);
    expect([...(await readAll()).keys()]).toEqual(['.env', 'compose.yaml']);
    const written = await onward('adopt', '--write');
    expect(written.exit, written.stderr).toBe(0);
    expect(written.stderr).toMatch(/Next:\n {2}onward release build 1\.0\.0/);
    expect((await onward('adopt', '--write')).stderr).toContain('error adopt.taken');
    expect([await ids('api'), await ids('worker'), await ids('web')]).toEqual(running);
    // The password of the test's own server is in its URL, as it would be in a file for others.
    await writeFile(
      join(folder, 'onward.yaml'),
      (await readFile(join(folder, 'onward.yaml'), 'utf8'))
        .replace(/ {4}url: .*/, `    url: "${server.url}/postgres"`)
        .replace(/ {4}#[^\n]*password[^\n]*\n {4}passwordFile[^\n]*\n/, '')
        .replaceAll('    runtime: compose\n', '    runtime: compose\n    settle: 150ms\n    drain: 3s\n'),
    );
    for (const args of [
      ['release', 'build', '1.0.0'],
      ['channel', 'set', 'stable', '1.0.0'],
    ]) {
      const result = await onward(...args);
      expect(result.exit, result.stderr).toBe(0);
    }
    before = await readAll();
  });

  it('explains the traffic step before it is done', async () => {
    const explained = await onward('adopt', 'traffic', '--dry-run', '--image', await haproxyImage());
    expect(explained.exit, explained.stderr).toBe(0);
    expect(explained.stdout).toContain(`Interrupted: host port ${port}.`);
    expect(await readAll()).toEqual(before);
  });

  it('stops before anything is interrupted when the switch cannot start, and goes on when it is asked again', async () => {
    const [serving] = await ids('api');
    const failed = await onward('adopt', 'traffic', '--yes', '--image', await busyboxImage());
    expect(failed.exit).toBe(4);
    expect(failed.stderr).toContain('error adopt.traffic-failed');
    expect(await ids('api')).toContain(serving);
    expect(await version()).toBe('1.0.0');
  });

  it('brings the traffic behind the switch: the host port is away for a moment, services without one notice nothing', async () => {
    const load = startSteadyLoad([port]);
    await eventually(askClient, ({ api }) => api.sent > 20);
    const result = await onward('adopt', 'traffic', '--yes', '--image', await haproxyImage());
    expect(result.exit, result.stderr).toBe(0);
    const told = await askClient();
    expectOnlyMoments(told);
    expect(told.web.failures).toEqual([]);
    const { failures } = await load.stop();
    expect(failures.filter((failure) => !/ECONNREFUSED|ECONNRESET|socket hang up/.test(failure))).toEqual([]);
    expect(await version()).toBe('1.0.0');
    expect(await docker(['inspect', '--format', '{{json .HostConfig.PortBindings}}', ...(await ids('api'))])).toBe(
      '{}',
    );
  });

  it('leaves nothing to do for the operator\'s own "docker compose up -d"', async () => {
    const running = [await ids('api'), await ids('worker'), await ids('onward-switch')];
    await docker(['compose', 'up', '--detach'], { cwd: folder });
    expect([await ids('api'), await ids('worker'), await ids('onward-switch')]).toEqual(running);
  });

  it('says that it is done when it is asked again', async () => {
    const again = await onward('adopt', 'traffic', '--yes', '--image', await haproxyImage());
    expect(again.exit).toBe(0);
    expect(again.stderr).toContain('behind the switch already');
  });

  it('takes the step back exactly', async () => {
    const result = await onward('adopt', 'traffic', '--undo', '--yes');
    expect(result.exit, result.stderr).toBe(0);
    expectOnlyMoments(await askClient());
    expect(await readAll()).toEqual(before);
    expect(await version()).toBe('1.0.0');
    const running = await ids('api');
    expect(running).toHaveLength(1);
    await docker(['compose', 'up', '--detach'], { cwd: folder });
    expect(await ids('api')).toEqual(running);
    expect(await ids('onward-switch')).toEqual([]);
  });

  it('goes on from wherever it was killed, there and back, and leaves nothing over', {
    timeout: 3_600_000,
  }, async () => {
    const image = await haproxyImage();
    for (const { there, back } of await choosePoints(image)) {
      const at = `killed at ${there} and at ${back}`;
      await killed(there, 'adopt', 'traffic', '--yes', '--image', image);
      const brought = await onward('adopt', 'traffic', '--yes', '--image', image);
      expect(brought.exit, `${at}\n${brought.stderr}`).toBe(0);
      await expectBehindSwitch(at);
      await killed(back, 'adopt', 'traffic', '--undo', '--yes');
      const undone = await onward('adopt', 'traffic', '--undo', '--yes');
      // Its record goes last: killed right after it, there is nothing left to undo.
      expect(undone.stderr, at).toMatch(/The project is as before|adopt\.nothing-to-undo/);
      expect(await readAll(), at).toEqual(before);
      await expectOperatorsUpChangesNothing(at);
      expect(await version(), at).toBe('1.0.0');
      expect([await all('api'), await all('onward-switch')].flat(), at).toEqual(await ids('api'));
    }
  });

  it('records the release that runs, and upgrades from there without a failed request', async () => {
    const brought = await onward('adopt', 'traffic', '--yes', '--image', await haproxyImage());
    expect(brought.exit, brought.stderr).toBe(0);
    const adopted = await onward('adopt', 'release', '1.0.0', '--yes');
    expect(adopted.exit, adopted.stdout + adopted.stderr).toBe(0);
    expect(await upgradeTo('1.1.0')).toMatch(/1 container of api .* answers to the name api beside the switch/);
    expect(await version()).toBe('1.1.0');
    expectOnlyMoments(await askClient());
  });

  it('fails no request between services either, once no container of before has their names', async () => {
    const before = await askClient();
    expect(await upgradeTo('1.2.0')).not.toContain('beside the switch');
    const after = await askClient();
    expect(after.api.sent).toBeGreaterThan(before.api.sent + 20);
    expect(after.api.failures).toEqual(before.api.failures);
    expect(after.web.failures).toEqual(before.web.failures);
  });

  it('leaves every service with its name when it is taken back after an upgrade', async () => {
    const undone = await onward('adopt', 'traffic', '--undo', '--yes');
    expect(undone.exit, undone.stderr).toBe(0);
    expect(await version()).toBe('1.2.0');
    const now = await askClient();
    const later = await eventually(
      askClient,
      ({ api, web }) => Math.min(api.sent - now.api.sent, web.sent - now.web.sent) > 20,
    );
    expect([later.api.failures, later.web.failures]).toEqual([now.api.failures, now.web.failures]);
  });
});

describe('adopting a Compose project that has a HAProxy of its own', { timeout: 180_000 }, () => {
  const own = createProject('adopt-own');
  let place: string;
  let door: number;
  const run = async (...args: readonly string[]) => {
    const result = await runOnward(args, { cwd: place }).ended;
    expect(result.exit, result.stdout + result.stderr).toBe(0);
    return result;
  };
  const change = async (file: string, edit: (text: string) => string) => {
    const text = await readFile(join(place, file), 'utf8');
    expect(edit(text)).not.toBe(text);
    // In place: it is mounted by itself.
    await writeFile(join(place, file), edit(text));
  };
  const compose = (...args: readonly string[]) => docker(['compose', ...args], { cwd: place });
  const served = async () =>
    ((await (await fetch(`http://127.0.0.1:${door}/version`)).json()) as { version: string }).version;
  /** Requests through the backend of Onward, since the last reload. */
  const carried = async () => {
    const stat = await say(join(place, 'onward-edge/run/admin.sock'), 'show stat onward-api 2 -1').catch(() => '');
    return Number(/^onward-api,BACKEND,(?:[^,]*,){5}(\d+)/m.exec(stat)?.[1] ?? 0);
  };
  const publish = async (release: string) => {
    await run('release', 'build', release);
    await run('channel', 'set', 'stable', release);
  };

  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), `${own}-`));
    door = await freePort();
    await writeFile(join(place, 'haproxy.cfg'), EDGE);
    await writeFile(
      join(place, 'compose.yaml'),
      `name: ${own}
services:
  api:
    image: ${images.api}
    environment: { DATABASE_URL: "${server.url}/postgres" }
    stop_grace_period: 5s
    healthcheck: { test: "wget -qO- http://127.0.0.1:8080/ready", interval: 1h }
  edge:
    image: ${await haproxyImage()}
    ports: ["127.0.0.1:${door}:8080"]
    volumes: ["./haproxy.cfg:/usr/local/etc/haproxy/haproxy.cfg"]
    depends_on: [api]
    stop_grace_period: 1s
`,
    );
    await compose('up', '--detach');
    await eventually(() => served().catch(() => undefined), Boolean);
  });
  afterAll(async () => {
    await removeProject(own);
    await rm(place, { recursive: true, force: true });
  });

  it('proposes it as the switch, and its operator does what that says, which fails no request once its container is made anew', async () => {
    await run('adopt', '--write');
    const proposed = await readFile(join(place, 'onward.yaml'), 'utf8');
    expect(proposed).toContain(
      '# roll: edge stands in front of it, and it holds no port of the host\n    roll: start-first',
    );
    expect(proposed).toContain('backend: onward-api\n        file: ./onward-edge/backends/onward-api.cfg\n');
    expect(proposed).toContain('#      backend api: http-request set-header ...');
    const said = (key: string) => new RegExp(`^#      (${key}: .*)$`, 'm').exec(proposed)?.[1] ?? '';
    for (const name of ['run', 'backends']) await mkdir(join(place, 'onward-edge', name), { recursive: true });
    await change('compose.yaml', (text) =>
      text.replace(
        /( +)volumes: \[(.*)\]/,
        (_, indent: string, mounts: string) =>
          `${indent}${said('command')}\n${indent}${said('volumes').replace('[', `[${mounts}, `)}\n${indent}${said('user')}`,
      ),
    );
    const [, resolvers = ''] = /^# {6}(resolvers onward\n(?:# {8}.*\n)+)/m.exec(proposed) ?? [];
    await change(
      'haproxy.cfg',
      (text) =>
        `${text
          .replace('global\n', 'global\n  stats socket /onward/run/admin.sock mode 600 level admin\n')
          .replace(
            'frontend clients\n',
            'frontend clients\n  option idle-close-on-response\n  timeout http-keep-alive 20s\n',
          )}${resolvers.replaceAll(/^# {6}/gm, '')}`,
    );
    await compose('up', '--detach', 'edge');
    await eventually(() => served().catch(() => undefined), Boolean);

    await change('onward.yaml', (text) =>
      text
        .replace(/ {4}url: .*/, `    url: "${server.url}/postgres"`)
        .replaceAll('    runtime: compose\n', '    runtime: compose\n    settle: 150ms\n    drain: 3s\n'),
    );
    await publish('1.0.0');
    const load = startSteadyLoad([door]);
    await run('adopt', 'traffic', '--yes');
    expect((await run('adopt', 'traffic', '--yes')).stderr).toContain('behind the switch already');
    await change('haproxy.cfg', (text) =>
      text
        .replace('use_backend api if', 'use_backend onward-api if')
        .replace('default_backend api', 'default_backend onward-api'),
    );
    await compose('kill', '--signal', 'USR2', 'edge');
    await eventually(carried, (count) => count > 20);
    expect((await load.stop()).failures).toEqual([]);
  });

  it('records what runs, and upgrades behind it without a failed request', async () => {
    await run('adopt', 'release', '1.0.0', '--yes');
    const reference = await buildServiceImage({
      project: own,
      name: 'api',
      tag: '1.1.0',
      behaviour: { mark: 'other' },
    });
    await registry.push(reference, 'acme/api:1.1.0');
    await change('product.yaml', (text) =>
      text.replace(/image: ".*acme\/api@.*"/, `image: "${registry.host}/acme/api:\${version}"`),
    );
    await publish('1.1.0');
    const load = startSteadyLoad([door]);
    const upgraded = await run('upgrade', '--yes');
    expect((await load.stop()).failures).toEqual([]);
    expect(upgraded.stderr).toMatch(/The switch carried \d+ requests since the run began, 0 failed/);
    expect(await served()).toBe('1.1.0');
  });
});

const EDGE = `global
  stats socket /edge.sock mode 600 level admin
  fd-hard-limit 50000
defaults
  mode http
  timeout connect 5s
  timeout client 1h
  timeout server 1h
  option abortonclose
frontend clients
  bind :8080
  use_backend api if { path_beg /version }
  default_backend api
backend api
  balance leastconn
  http-request set-header X-Edge secret
  server api1 api:8080 check
`;

/** `ONWARD_CRASH_POINTS=all` takes every effect of either way; otherwise one of each, chosen by a seed. */
async function choosePoints(image: string): Promise<readonly { readonly there: string; readonly back: string }[]> {
  if (process.env.ONWARD_CRASH_POINTS !== 'all') {
    const seed = Number(process.env.ONWARD_CRASH_SEED ?? Math.floor(Math.random() * 1e6));
    console.log(`crash points of the traffic step: seed ${seed}`);
    const pick = (points: readonly string[], state: number) => points[state % points.length] ?? '';
    return [{ there: pick(THERE, seed), back: pick(BACK, Math.floor(seed / THERE.length)) }];
  }
  const there = await count('adopt', 'traffic', '--yes', '--image', image);
  const back = await count('adopt', 'traffic', '--undo', '--yes');
  console.log(there.join('\n'), '\n\n', back.join('\n'));
  const from = Number(process.env.ONWARD_CRASH_FROM ?? 1);
  return Array.from({ length: Math.max(there.length, back.length) }, (_, index) => ({
    there: String(Math.min(index + 1, there.length)),
    back: String(Math.min(index + 1, back.length)),
  })).slice(from - 1);
}

const THERE = [
  'rename .env',
  'ends docker compose up',
  'begins docker network connect',
  'ends docker start',
  'ends docker stop',
];
const BACK = ['rename .env', 'ends docker compose up', 'ends docker stop', 'ends docker start', 'begins docker rm'];

async function killed(point: string, ...args: readonly string[]): Promise<void> {
  const result = await runOnward(args, { cwd: folder, environment: countingEffects(folder, point) }).ended;
  expect(result.signal, `${point} was not reached:\n${result.stderr}`).toBe('SIGKILL');
}

/** What a command does, when nobody kills it. */
async function count(...args: readonly string[]): Promise<readonly string[]> {
  await rm(`${folder}.effects`, { force: true });
  const result = await runOnward(args, { cwd: folder, environment: countingEffects(folder, '') }).ended;
  expect(result.exit, result.stderr).toBe(0);
  return readEffects(folder);
}

const all = async (service: string) =>
  (await docker(['ps', '--all', '--quiet', '--no-trunc', '--filter', `name=^${project}-${service}-`]))
    .split('\n')
    .filter(Boolean);

/** The switch has the port of the host, one api serves behind it and answers to its name, and nothing else is there. */
async function expectBehindSwitch(at: string): Promise<void> {
  const [serving = '', ...more] = await all('api');
  expect(more, at).toEqual([]);
  const [found] = JSON.parse(await docker(['inspect', serving]));
  expect(found.HostConfig.PortBindings, at).toEqual({});
  expect(found.NetworkSettings.Networks[`${project}_default`].Aliases, at).toContain('api');
  expect(await version(), at).toBe('1.0.0');
  await expectOperatorsUpChangesNothing(at);
}

async function expectOperatorsUpChangesNothing(at: string): Promise<void> {
  const now = async () => Promise.all(['api', 'worker', 'web', 'onward-switch'].map(all));
  const running = await now();
  await docker(['compose', 'up', '--detach'], { cwd: folder });
  expect(await now(), at).toEqual(running);
}

/** Ships another api and another web, and upgrades under load on the host's port. Gives what the plan said before. */
async function upgradeTo(release: string): Promise<string> {
  for (const name of ['api', 'web']) {
    const reference = await buildServiceImage({
      project,
      name,
      tag: release,
      behaviour: { mark: `${name} ${release}` },
    });
    await registry.push(reference, `acme/${name}:${release}`);
  }
  const product = await readFile(join(folder, 'product.yaml'), 'utf8');
  const moved = product.replaceAll(
    /image: ".*acme\/(api|web)@.*"/g,
    (_, name: string) => `image: "${registry.host}/acme/${name}:\${version}"`,
  );
  await writeFile(join(folder, 'product.yaml'), moved);
  for (const args of [
    ['release', 'build', release],
    ['channel', 'set', 'stable', release],
  ]) {
    const result = await onward(...args);
    expect(result.exit, result.stderr).toBe(0);
  }
  const { stdout } = await onward('plan');
  const load = startSteadyLoad([port]);
  const upgraded = await onward('upgrade', '--yes');
  expect(upgraded.exit, upgraded.stderr).toBe(0);
  expect((await load.stop()).failures).toEqual([]);
  return stdout;
}
