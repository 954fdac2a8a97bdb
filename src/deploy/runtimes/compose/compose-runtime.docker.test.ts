import { copyFile, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type ComposeImages,
  type ComposeProject,
  type ComposeProjectOptions,
  createComposeImages,
  createComposeProject,
} from '../../../../test/support/compose-project.ts';
import { docker } from '../../../../test/support/docker.ts';
import { startEngineThatHolds, startEngineThatLeaves } from '../../../../test/support/engine-front.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import { busyboxImage } from '../../../../test/support/images.ts';
import { startRegistryFront } from '../../../../test/support/registry.ts';
import { buildServiceImage } from '../../../../test/support/service-image.ts';
import type { FilesComponent, ImageComponent } from '../../../model/index.ts';
import { createSystem } from '../../../system/index.ts';

let images: ComposeImages;
let busybox: string;
let first: ImageComponent;
let second: ImageComponent;
let project: ComposeProject;

beforeAll(async () => {
  images = await createComposeImages('compose-files');
  busybox = await busyboxImage();
  first = await images.component('1.0.0');
  second = await images.component('2.0.0');
});
afterEach(() => project?.remove());
afterAll(() => images?.close());

const open = async (options: ComposeProjectOptions) => {
  project = await createComposeProject(images.owner, options);
  return project;
};

/** One service, of which one container runs. */
const SIMPLE = {
  files: { 'compose.yaml': 'services: { api: { image: "api:1", init: true } }\n' },
  services: [{ name: 'api' }],
};

async function startTwo(
  { runtime, specOf }: ComposeProject,
  component: ImageComponent,
  base: string,
): Promise<readonly string[]> {
  const ids = [`${base}-1`, `${base}-2`];
  for (const id of ids) await runtime.create(specOf(component, id), 1);
  for (const id of ids) await runtime.start(id, 1);
  return ids;
}

describe("an operator's own files", () => {
  it('stay as they are, and his "docker compose up -d" changes nothing afterwards', async () => {
    const files = {
      'compose.yaml': `
include: [more/compose.yaml]
x-base: &base
  init: true
  labels: { team: "\${TEAM:-none}" }
services:
  api:
    <<: *base
    extends: { file: common.yaml, service: web }
    image: "vendor/api:\${TAG:?no tag}"
    deploy: { replicas: 2, resources: { limits: { memory: 200M } } }
    env_file: [api.env]
    secrets: [password]
    depends_on: { cache: { condition: service_started }, seed: { condition: service_completed_successfully } }
  seed: { image: "${busybox}", command: ["true"] }
  tools: { image: "${busybox}", profiles: [debug], command: [sleep, "1000"] }
secrets: { password: { file: ./password.txt } }
volumes: { data: {} }
`,
      'common.yaml': 'services:\n  web:\n    expose: ["8080"]\n    environment: { FROM_COMMON: "1" }\n',
      'more/compose.yaml': `services:\n  cache: { image: "${busybox}", command: [sleep, "1000"], init: true, stop_grace_period: 0s }\n`,
      'api.env': `QUOTED="a $$b \${TEAM}" # a comment\nexport PLAIN=it's\n`,
      '.env': "TEAM='blue team'\nTAG=7\n",
      'password.txt': 'secret',
    };
    const opened = await open({ files, services: [{ name: 'api', replicas: 2 }] });
    await docker(['tag', `${first.image}@${first.identity}`, 'vendor/api:7']);
    try {
      await opened.compose(['up', '--detach']);
    } finally {
      await docker(['image', 'rm', 'vendor/api:7']);
    }
    const { runtime } = opened;
    const adopted = await runtime.list('api');
    expect(adopted.map(({ id, state }) => `${id} ${state}`)).toEqual([
      `${opened.name}-api-1 running`,
      `${opened.name}-api-2 running`,
    ]);
    const ids = await startTwo(opened, second, 'api-2.0.0-run');
    expect((await runtime.list('api')).map(({ identity }) => identity).slice(2)).toEqual([
      second.identity,
      second.identity,
    ]);
    for (const { id } of adopted) await runtime.stop(id, 1);
    for (const { id } of adopted) await runtime.remove(id, 1);
    await (await runtime.keep?.('api', ids))?.(1);
    const isOther = (line: string) => !line.includes('-seed-');
    const before = (await opened.containers()).filter(isOther);
    expect(before.filter((line) => line.includes('api-2.0.0-run'))).toHaveLength(2);
    await opened.compose(['up', '--detach']);
    expect((await opened.containers()).filter(isOther)).toEqual(before);
    for (const [path, text] of Object.entries(files))
      if (path !== '.env') expect(await readFile(join(opened.folder, path), 'utf8')).toBe(text);
  });

  it('are found again on the way back: the override says what the old ones were', async () => {
    const opened = await open(SIMPLE);
    const { runtime, specOf } = opened;
    await runtime.create(specOf(first, 'api-1.0.0-a-1'), 1);
    await runtime.start('api-1.0.0-a-1', 1);
    await (await runtime.keep?.('api', ['api-1.0.0-a-1']))?.(1);
    const override = join(opened.folder, 'compose.override.yaml');
    const text = await readFile(override, 'utf8');
    const before = await opened.containers();
    await runtime.create(specOf(second, 'api-2.0.0-b-1', { environment: { TOKEN: 'very secret' } }), 1);
    expect(await readFile(override, 'utf8')).toBe(text);
    await runtime.start('api-2.0.0-b-1', 1);
    expect(await readFile(override, 'utf8')).toContain('very secret');
    expect((await stat(override)).mode & 0o777).toBe(0o600);
    await runtime.stop('api-2.0.0-b-1', 1);
    await (await opened.reopen().keep?.('api', ['api-1.0.0-a-1']))?.(1);
    expect(await readFile(override, 'utf8')).toBe(text);
    await runtime.remove('api-2.0.0-b-1', 1);
    await opened.compose(['up', '--detach']);
    expect(await opened.containers()).toEqual(before);
  });

  it('say what serves while instances are only created, several of them at once', async () => {
    const opened = await open(SIMPLE);
    const { runtime, specOf } = opened;
    await runtime.create(specOf(first, 'api-1.0.0-a-1'), 1);
    await runtime.start('api-1.0.0-a-1', 1);
    const override = join(opened.folder, 'compose.override.yaml');
    const text = await readFile(override, 'utf8');
    const ids = [1, 2, 3].map((number) => `api-2.0.0-b-${number}`);
    await Promise.all(ids.map((id) => runtime.create(specOf(second, id), 1)));
    expect((await runtime.list('api')).map(({ id, state }) => `${id} ${state}`)).toEqual([
      'api-1.0.0-a-1 running',
      ...ids.map((id) => `${id} created`),
    ]);
    expect(await readFile(override, 'utf8')).toBe(text);
    // As a machine does that comes up again in the middle of a run.
    await opened.compose(['up', '--detach']);
    const running = (await runtime.list('api')).filter(({ state }) => state === 'running');
    expect(running.map(({ release, identity }) => [release, identity])).toEqual([[first.producedBy, first.identity]]);
  });

  it('may name the only container: the name goes on in the network, and old and new have one each', async () => {
    const text = `services:\n  api: { image: "api:1", init: true, container_name: ${images.owner}-named }\n`;
    const opened = await open({ files: { 'compose.yaml': text }, services: [{ name: 'api' }] });
    const { runtime, specOf } = opened;
    expect((await runtime.observe({ components: [] })).findings.map(({ code }) => code)).toEqual([
      'compose.container-name',
    ]);
    for (const [component, id] of [
      [first, 'api-1.0.0-a-1'],
      [second, 'api-2.0.0-b-1'],
    ] as const) {
      await runtime.create(specOf(component, id), 1);
      await runtime.start(id, 1);
    }
    expect((await runtime.list('api')).map(({ state }) => state)).toEqual(['running', 'running']);
    await runtime.stop('api-1.0.0-a-1', 1);
    await runtime.remove('api-1.0.0-a-1', 1);
    await (await runtime.keep?.('api', ['api-2.0.0-b-1']))?.(1);
    const format = '{{range .NetworkSettings.Networks}}{{json .Aliases}}{{end}}';
    const aliases = await docker(['inspect', '--format', format, `${opened.name}-api-2.0.0-b-1`]);
    expect(JSON.parse(aliases)).toContain(`${images.owner}-named`);
    const before = await opened.containers();
    await opened.compose(['up', '--detach']);
    expect(await opened.containers()).toEqual(before);
  });

  it('say whether the override can be written, and is read', async () => {
    const mine = 'services: { api: { labels: { mine: "1" } } }\n';
    const taken = await open({ ...SIMPLE, files: { ...SIMPLE.files, 'compose.override.yaml': mine } });
    await expect(taken.runtime.create(taken.specOf(first, 'api-1'), 1)).rejects.toMatchObject({
      code: 'compose.foreign-override',
    });
    expect((await taken.runtime.observe({ components: [] })).findings).toEqual([
      expect.objectContaining({ code: 'compose.foreign-override', severity: 'error' }),
    ]);
    await taken.remove();
    const files = { ...SIMPLE.files, 'compose.override.yaml': mine, 'compose.onward.yaml': 'services: {}\n' };
    const list = 'COMPOSE_FILE=compose.yaml:compose.override.yaml:compose.onward.yaml\n';
    for (const [env, codes] of [[list, []] as const, ['', ['compose.override-not-read']] as const]) {
      const opened = await open({ ...SIMPLE, files: { ...files, '.env': env } });
      const runtime = await reopenWith(opened, 'compose.onward.yaml');
      expect((await runtime.observe({ components: [] })).findings.map(({ code }) => code)).toEqual(codes);
      await opened.remove();
    }
  });

  it('count as they do for plain Compose where they are in another folder, and are refused where it reads .env of both', async () => {
    const text = 'services: { api: { image: "api:1", env_file: [own.env], environment: { TAG: "$TAG" } } }\n';
    const files = { 'deploy/compose.yaml': text, 'deploy/own.env': 'OWN=1\n' };
    const listed = 'COMPOSE_FILE=deploy/compose.yaml\nTAG=7\n';
    const services = [{ name: 'api' }];
    const refused = await open({ files: { ...files, '.env': listed }, services });
    await expect(refused.runtime.describeService('api')).rejects.toMatchObject({ code: 'compose.files-elsewhere' });
    const compose = { files: [join(refused.folder, 'deploy/compose.yaml')], envFiles: [join(refused.folder, '.env')] };
    const found = await refused.reopen(compose).describeService('api');
    expect(found).toMatchObject({ environment: { OWN: '1', TAG: '7' } });
  });

  it('decide what makes a service roll: what stands in its section, and not what a release says', async () => {
    const opened = await open(SIMPLE);
    const before = await opened.runtime.describeService('api');
    const file = join(opened.folder, 'compose.yaml');
    await writeFile(file, 'services: { api: { image: "api:2", init: true, deploy: { replicas: 3 } } }\n');
    expect(await opened.reopen().describeService('api')).toEqual(before);
    await opened.reopen().create(opened.specOf(first, 'api-1'), 1);
    expect(await opened.reopen().describeService('api')).toEqual(before);
    await writeFile(file, 'services: { api: { image: "api:2", init: true, environment: { A: b } } }\n');
    expect(await opened.reopen().describeService('api')).not.toEqual(before);
    await writeFile(file, 'services: { web: { image: "api:2" } }\n');
    await expect(opened.reopen().describeService('api')).rejects.toMatchObject({ code: 'compose.no-service' });
  });
});

async function reopenWith(opened: ComposeProject, override: string) {
  const { createComposeRuntime } = await import('../../index.ts');
  const { createSystem } = await import('../../../system/index.ts');
  return createComposeRuntime(createSystem({ environment: process.env, onEvent: () => {} }), {
    stateDirectory: join(opened.folder, '../state'),
    deployment: 'shop',
    compose: { folder: opened.folder, files: [], profiles: [], envFiles: [], override: join(opened.folder, override) },
    services: [],
  });
}

describe('what was written to volumes without a name', () => {
  it('is found by the next container, and what cannot be kept is said before', async () => {
    const reference = await buildServiceImage({
      ...{ project: images.owner, name: 'kept', tag: '1', base: 'busybox', lines: ['VOLUME /kept'] },
    });
    const identity = (await images.registry.push(reference, 'shop/kept:1')) as ImageComponent['identity'];
    const kept = { ...first, image: `${images.registry.host}/shop/kept`, identity };
    await docker(['pull', '--quiet', `${kept.image}@${identity}`]);
    const text = `
services:
  api: { image: "${reference}", volumes: [/data], restart: always }
  web: { image: "${reference}" }
  side: { image: "${busybox}", network_mode: "service:web" }
`;
    const services = [{ name: 'api' }, { name: 'web', replicas: 2 }];
    const opened = await open({ files: { 'compose.yaml': text }, services });
    const { runtime, specOf, name } = opened;
    await opened.compose(['up', '--detach', 'api', 'web']);
    await docker(['run', '--detach', '--name', `${name}-spy`, '--network', `container:${name}-web-1`, busybox, 'true']);
    const write = 'echo of the image > /kept/a; echo of the file > /data/b';
    await docker(['exec', `${name}-api-1`, 'sh', '-c', write]);
    const { exclusive, losses } = await runtime.observe({ components: [] });
    const why = 'both would write to the volume at /data, which has no name';
    expect(exclusive).toEqual([{ service: 'api', why, isPossible: true }]);
    expect(losses?.map(({ service, why: lost }) => `${service}: ${lost}`)).toEqual([
      `web: each of its containers has a volume of its own at /kept, which has no name, and a new one gets an empty one: give it a name in compose.yaml, or a tmpfs if nothing in it has to be kept; side shares the network of its container, and loses it with that: give side one of its own; ${name}-spy shares the network of its container, and loses it with that: give ${name}-spy one of its own`,
    ]);
    await runtime.stop(`${name}-api-1`, 1);
    await runtime.create(specOf(kept, 'api-2.0.0-b-1'), 1);
    await runtime.start('api-2.0.0-b-1', 1);
    const read = ['exec', `${name}-api-2.0.0-b-1`, 'cat', '/kept/a', '/data/b'];
    expect(await docker(read)).toBe('of the image\nof the file');
    await runtime.remove(`${name}-api-1`, 1);
    await (await runtime.keep?.('api', ['api-2.0.0-b-1']))?.(1);
    const before = await opened.containers();
    await opened.compose(['up', '--detach', 'api']);
    expect(await opened.containers()).toEqual(before);
  });
});

describe('the name of a service in the network', () => {
  it('is left to the switch where another container of the project has it, and stays so', async () => {
    const switchService = `{ image: "${busybox}", command: [sleep, "1000"], init: true, networks: { default: { aliases: [api] } } }`;
    const text = `services:\n  api: { image: "api:1", init: true }\n  lb: ${switchService}\n`;
    const opened = await open({ files: { 'compose.yaml': text }, services: [{ name: 'api', replicas: 2 }] });
    await opened.compose(['up', '--detach', '--no-deps', 'lb']);
    const ids = await startTwo(opened, first, 'api-1.0.0-a');
    await (await opened.runtime.keep?.('api', ids))?.(1);
    const lb = await docker([
      'inspect',
      '--format',
      '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
      `${opened.name}-lb-1`,
    ]);
    const lookUp = () =>
      docker([
        'exec',
        `${opened.name}-lb-1`,
        'sh',
        '-c',
        'nc -w 1 api 1 2>&1; nc -w 1 api-1.0.0-a-1 8080 </dev/null && echo found',
      ]).catch((error: Error) => error.message);
    expect(await lookUp()).toContain('found');
    const aliases = await Promise.all(
      ids.map((id) =>
        docker([
          'inspect',
          '--format',
          '{{range .NetworkSettings.Networks}}{{json .Aliases}}{{end}}',
          `${opened.name}-${id}`,
        ]),
      ),
    );
    for (const [index, each] of aliases.entries()) {
      expect(JSON.parse(each)).toContain(ids[index]);
      expect(JSON.parse(each)).not.toContain('api');
    }
    expect(lb).not.toBe('');
    const before = await opened.containers();
    await opened.compose(['up', '--detach']);
    expect(await opened.containers()).toEqual(before);
  });
});

describe('a pull', () => {
  it('says that a registry refuses, does not answer, or does not have the image, and has changed nothing', async () => {
    const front = await startRegistryFront(images.registry.host);
    try {
      const opened = await open(SIMPLE);
      const absent = { ...first, image: `${front.host}/shop/api` };
      const stage = () => opened.runtime.stage({ service: 'api', component: absent, from: '' }, 1);
      front.behave('refuses');
      await expect(stage()).rejects.toMatchObject({ code: 'runtime.pull-refused', state: 'unchanged' });
      front.behave('hangs');
      await expect(stage()).rejects.toMatchObject({ code: 'runtime.registry-silent', state: 'unchanged' });
      front.behave('passes');
      const unknown = { ...absent, identity: `sha256:${'d'.repeat(64)}` as const };
      await expect(opened.runtime.stage({ service: 'api', component: unknown, from: '' }, 1)).rejects.toMatchObject({
        code: 'runtime.unknown-image',
      });
      expect(await opened.containers()).toEqual([]);
      await stage();
      front.behave('hangs');
      await stage();
    } finally {
      front.close();
    }
  });

  it('is followed by a look at the files with the new image in them', async () => {
    const opened = await open(SIMPLE);
    await opened.runtime.describeService('api');
    await writeFile(join(opened.folder, 'compose.yaml'), 'services: { api: { image: "api:1", nothing: 7 } }\n');
    await expect(opened.runtime.stage({ service: 'api', component: first, from: '' }, 1)).rejects.toMatchObject({
      code: 'compose.wrong-configuration',
    });
  });
});

describe('what is looked at before a run', () => {
  it('finds a folder and a tarball, which Compose does not run, and stages neither', async () => {
    const { runtime } = await open(SIMPLE);
    const { identity, bytes, producedBy } = first;
    const artifact = { service: 'api', identity, bytes, producedBy, command: ['./api'] };
    const components: readonly FilesComponent[] = [
      { kind: 'folder', ...artifact },
      { kind: 'tarball', ...artifact, file: 'api-1.0.0.tar.gz', content: { identity, bytes } },
    ];
    for (const component of components) {
      const message = `Could not use what the release ships as api: it is a ${component.kind}, and Compose runs images.`;
      const { findings } = await runtime.observe({ components: [{ service: 'api', component }] });
      expect(findings).toContainEqual(
        expect.objectContaining({ code: 'compose.no-image', severity: 'error', message }),
      );
      await expect(runtime.stage({ service: 'api', component, from: '' }, 1)).rejects.toMatchObject({ message });
    }
  });

  it('finds ports, names and volumes that two cannot share, what keeps data under the same version, and room', async () => {
    const text = `
services:
  api: { image: "vendor/api:\${TAG}", ports: ["127.0.0.1:18080:8080"] }
  web: { image: "vendor/web:1", volumes: ["uploads:/data"] }
  job: { image: "vendor/job:1", volumes: ["./conf:/conf:ro"], ports: ["8080"] }
  db: { image: "postgres:\${TAG}", volumes: ["data:/var/lib/postgresql/data"] }
volumes: { uploads: {}, data: {} }
`;
    const names = ['api', 'web', 'job', 'gone'].map((name) => ({ name }));
    const opened = await open({ files: { 'compose.yaml': text, '.env': 'TAG=1\n' }, services: names });
    const component = { ...first, identity: `sha256:${'e'.repeat(64)}` as const, bytes: 1_000_000 };
    const facts = await opened.runtime.observe({ components: [{ service: 'api', component }] });
    expect(facts.exclusive).toEqual([
      { service: 'api', why: 'only one can have port 18080 of this machine' },
      { service: 'web', why: 'both would write to the volume uploads', isPossible: true },
    ]);
    expect(facts.findings.map(({ code, severity }) => `${code} ${severity}`)).toEqual([
      'compose.no-service error',
      'compose.stateful-tag warning',
    ]);
    const [place] = facts.places;
    expect(place).toMatchObject({ place: 'docker', isReachable: true, disk: { neededBytes: 2_500_000 } });
    expect(place?.memory).toMatchObject({ neededBytes: 0 });
  });
});

describe('what was cut off', () => {
  it('is forgotten: the record of instances that were never made, and half of an override', async () => {
    const { runtime, specOf, folder } = await open(SIMPLE);
    const [one = '', two = ''] = ['api-1.0.0-aaaaaa', 'api-2.0.0-bbbbbb'];
    await runtime.create(specOf(first, `${one}-1`), 1);
    const records = join(folder, '../state/compose/instances');
    await copyFile(join(records, `${one}.json`), join(records, 'api-0.9.0-cccccc.json'));
    await writeFile(join(folder, 'compose.override.yaml.7-7-7-01234567.tmp'), 'services: {');
    await runtime.create(specOf(second, `${two}-1`), 1);
    expect(await readdir(folder)).toEqual(['.env', 'compose.override.yaml', 'compose.yaml']);
    await runtime.remove(`${one}-1`, 1);
    expect(await readdir(records)).toEqual([`${two}.json`]);
  });

  it('is made again once the engine is back, when that is restarted while Compose makes containers', async () => {
    const engine = await startEngineThatLeaves(/POST \S*\/containers\/create/);
    try {
      const { runtime, specOf } = await open({ ...SIMPLE, host: engine.host });
      await runtime.create(specOf(first, 'api-1.0.0-aaaaaa-1'), 1);
      expect(engine.hasLeft()).toBe(true);
      expect((await runtime.list('api')).map(({ id, state }) => `${id} ${state}`)).toEqual([
        'api-1.0.0-aaaaaa-1 created',
      ]);
    } finally {
      await engine.close();
    }
  });

  it('leaves a container without the name of its instance, which it has from its start on', async () => {
    const { name, reopen, runtime, specOf, containers } = await open(SIMPLE);
    const id = 'api-1.0.0-aaaaaa-1';
    await runtime.create(specOf(first, id), 1);
    await docker(['rename', `${name}-${id}`, `${name}-api-1`]);
    await reopen().start(id, 1);
    expect((await containers()).map((each) => each.split(' ')[0])).toEqual([`/${name}-${id}`]);
  });

  it('makes no containers any more beside those of whoever goes on', async () => {
    const engine = await startEngineThatHolds(/POST \S*\/containers\/create/);
    try {
      const { reopen, runtime, specOf, containers } = await open({ ...SIMPLE, host: engine.host });
      const spec = specOf(first, 'api-1.0.0-aaaaaa-1');
      const cutOff = runtime.create(spec, 1).catch((error: { readonly code?: string }) => error.code);
      await eventually(engine.count, (count) => count > 0, 20_000);
      const next = reopen();
      await next.endCommands('api', 2);
      await next.create(spec, 2);
      engine.letGo();
      expect(await cutOff).toBe('deploy.fenced');
      expect((await containers()).map((each) => each.split(' ')[2])).toEqual(['created']);
    } finally {
      await engine.close();
    }
  });
});

describe('commands at once', () => {
  it('make the network of a project that has none once: the others are at their gate until then', async () => {
    const engine = await startEngineThatHolds(/POST \S*\/networks\/create/);
    try {
      const { runtime, specOf, folder } = await open({ ...SIMPLE, host: engine.host });
      const spec = { ...specOf(first, 'api-1.0.0-aaaaaa-1'), command: ['true'] };
      const options = { onOutput: () => {}, signal: new AbortController().signal };
      const both = Promise.all([runtime.runCommand(spec, options), runtime.runCommand(spec, options)]);
      const records = join(folder, '../state/commands/api');
      const calls = await eventually(
        async () => (engine.count() > 0 ? readdir(records) : []),
        ({ length }) => length === 2,
        20_000,
      );
      const texts = await Promise.all(calls.map((name) => readFile(join(records, name), 'utf8')));
      const { processes } = createSystem({ environment: {}, onEvent: () => {} });
      expect(texts.filter((text) => processes.isAtGate(JSON.parse(text).child))).toHaveLength(1);
      engine.letGo();
      expect(await both).toMatchObject([{ code: 0 }, { code: 0 }]);
      expect(engine.count()).toBe(1);
    } finally {
      await engine.close();
    }
  });
});
