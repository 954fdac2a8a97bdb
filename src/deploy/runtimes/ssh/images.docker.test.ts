import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createProject, removeProject } from '../../../../test/support/docker.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import { instanceOf, specOf, stateOf } from '../../../../test/support/instances.ts';
import {
  type Registry,
  type RegistryFront,
  startRegistry,
  startRegistryFront,
} from '../../../../test/support/registry.ts';
import { buildServiceImage } from '../../../../test/support/service-image.ts';
import {
  createTestRuntime,
  renderUnit,
  type TestRuntimeOptions,
  writeUnit,
} from '../../../../test/support/ssh-units.ts';
import { type Host, type Hosts, startHosts } from '../../../../test/support/systemd-hosts.ts';
import type { ImageComponent } from '../../../model/index.ts';
import { createSystem } from '../../../system/index.ts';
import type { CommandSpec, ForeignInstance, InstanceSpec, Runtime, StageRequest } from '../runtime.ts';

const system = createSystem({ environment: process.env, onEvent: () => {} });
/** For each test, on a machine that does much else. */
const LIMIT_MS = 180_000;
const SECRET = 'a "secret" $HOME %n\nof two lines';
const owner = createProject('host-images');
let hosts: Hosts;
let host: Host;
let registry: Registry;
let front: RegistryFront;
let first: ImageComponent;
let second: ImageComponent;

beforeAll(async () => {
  [hosts, registry] = await Promise.all([startHosts(1, { hasDocker: true }), startRegistry()]);
  front = await startRegistryFront(registry.host);
  const [only] = hosts.list;
  if (!only) throw new Error('No host');
  host = only;
  await hosts.lend(portOf(front.host));
  [first, second] = [await push('1.0.0'), await push('2.0.0')];
  await onHost('mkfifo', '/run/go');
  for (const unit of ['api@.service', 'plain.service', 'mine.service'])
    await writeUnit(host, unit, renderUnit('DynamicUser=yes\nProtectSystem=strict'));
  await writeUnit(
    host,
    'job@.service',
    renderUnit('Environment="DOCKER_RUN_OPTIONS=--env FROM_UNIT=yes --volume /run/go:/go:ro"'),
  );
  await writeUnit(host, 'told@.service', renderUnit().replace('Type=exec', 'Type=notify'));
});
afterAll(async () => {
  front?.close();
  await hosts?.close();
  await registry?.close();
  await removeProject(owner);
});

const open = (pullLimits?: TestRuntimeOptions['pullLimits']) =>
  createTestRuntime(system, hosts, {
    deployment,
    stateDirectory: folder,
    services: [
      { name: 'api', hosts: ['host1'], ports: [8080, 8081] },
      { name: 'plain', hosts: ['host1'], unit: 'plain.service', ports: [8090] },
      { name: 'job', hosts: ['host1'] },
      { name: 'told', hosts: ['host1'] },
      { name: 'mine', hosts: ['host1'], unit: 'mine.service', ports: [8100] },
    ],
    ...(pullLimits ? { pullLimits } : {}),
  });

let folder: string;
let deployment: string;
let runtime: Runtime;
let created: InstanceSpec[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-host-images-'));
  deployment = `d${Math.floor(Math.random() * 1e9)}`;
  created = [];
  runtime = open();
});

afterEach(async () => {
  front.behave('passes');
  for (const { id } of created) await runtime.stop(id, 1_000);
  const left = await containers();
  for (const { id } of created) await runtime.remove(id, 1_000);
  await rm(folder, { recursive: true, force: true });
  expect(left).toEqual([]);
});

describe('staging an image on hosts', { timeout: LIMIT_MS }, () => {
  it('says that a registry refuses, does not answer, or does not have it, and has changed nothing', async () => {
    front.behave('refuses');
    await expect(stage(second)).rejects.toMatchObject({
      ...{ code: 'runtime.pull-refused', state: 'unchanged' },
      hint: expect.stringContaining(`"docker login ${front.host}" on host1 as root`),
    });
    front.behave('hangs');
    const hasty = open({ answerMs: 500, bytesPerSecond: 1_000_000, attempts: 2, pauseMs: 10 });
    const request = { service: 'api', component: second, from: '' };
    await expect(hasty.stage(request, 1)).rejects.toMatchObject({
      code: 'runtime.registry-silent',
      state: 'unchanged',
    });
    front.behave('passes');
    const unknown = { ...second, identity: `sha256:${'d'.repeat(64)}` as const };
    await expect(stage(unknown)).rejects.toMatchObject({ code: 'runtime.unknown-image' });
    await expect(stage({ ...second, bytes: 1e15 })).rejects.toMatchObject({ code: 'ssh.no-room' });
    expect(await onHost('docker', 'image', 'ls', '--quiet')).toBe('');
  });

  it('fetches it by its digest, asks no registry for what is there, and forgets what nobody goes back to', async () => {
    const work = { components: [{ service: 'api', component: { ...first, bytes: 1_000_000 } }] };
    expect((await runtime.observe(work)).places[0]).toMatchObject({ disk: { neededBytes: 2_500_000 } });
    await stage(first);
    front.behave('hangs');
    await stage(first);
    const { places, findings } = await runtime.observe(work);
    expect(places[0]).toMatchObject({ disk: { neededBytes: 0 }, evidence: expect.stringMatching(/, Docker \d/) });
    expect(findings).toEqual([]);
    const images = `/var/lib/onward/${deployment}/images`;
    await onHost('sh', '-c', `cd ${images} && touch -d yesterday * && for n in 1 2; do echo gone@sha256:$n >$n; done`);
    await create(first, 'api-1');
    await runtime.remove('api-1', 1);
    expect(await onHost('ls', images)).toBe('1\n2');
    expect(await onHost('docker', 'image', 'ls', '--quiet')).toBe('');
  });
});

describe('an image that runs as a unit', { timeout: LIMIT_MS }, () => {
  it('is one container of that digest, which comes back when it, or the call that watches it, is killed', async () => {
    const spec = await start(first, 'api-1');
    const [before = ''] = await containers();
    expect(before).toMatch(new RegExp(`^onward\\.api-api-1 .* ${first.image}@${first.identity} running$`));
    expect(await instanceOf(runtime, spec)).toMatchObject({
      ...{ state: 'running', identity: first.identity, restarts: 0, address: { host: host.address, port: 8080 } },
      pid: Number(await onHost('docker', 'inspect', '--format', '{{.State.Pid}}', 'onward.api-api-1')),
    });
    await onHost('docker', 'kill', '--signal', 'KILL', 'onward.api-api-1');
    const [again = ''] = await another([before]);
    const ending = { code: null, signal: 'SIGKILL' };
    const running = { state: 'running', identity: first.identity };
    expect(await instanceOf(runtime, spec)).toMatchObject({ ...running, restarts: 1, exit: ending });
    await onHost('sh', '-c', 'kill -9 $(systemctl show --property MainPID --value api@api-1.service)');
    await another([before, again]);
    expect(await instanceOf(runtime, spec)).toMatchObject({ ...running, restarts: 2, exit: ending });
    expect(await version(8080)).toBe('1.0.0');
    await runtime.stop('api-1', 1);
    expect(await containers()).toEqual([]);
    expect(await stateOf(runtime, spec)).toBe('stopped');
  });

  it('is never two in a plain unit', async () => {
    const one = await start(first, 'plain-1', { service: 'plain' });
    const two = await start(second, 'plain-2', { service: 'plain' });
    expect(await containers()).toEqual([expect.stringContaining(` ${second.image}@${second.identity} running`)]);
    expect(await version(8090)).toBe('2.0.0');
    expect([await stateOf(runtime, one), await stateOf(runtime, two)]).toEqual(['lost', 'running']);
  });

  it('is seen, ended and replaced when it has outlived its unit, and is not what somebody else made of it', async () => {
    const spec = await start(second, 'plain-1', { service: 'plain' });
    const left = ['--name', 'onward.plain', '--label', 'onward.unit=plain.service', runtime.locate(first)];
    const leave = () => onHost('docker', 'run', '--detach', '--network', 'none', ...left, 'sleep', '1000');
    await runtime.stop('plain-1', 1);
    await leave();
    expect(await instanceOf(runtime, spec)).toMatchObject({ state: 'running', identity: `sha256:${'0'.repeat(64)}` });
    await runtime.stop('plain-1', 1);
    expect(await containers()).toEqual([]);
    await leave();
    await runtime.start('plain-1', 1);
    expect(await instanceOf(runtime, spec)).toMatchObject({ state: 'running', identity: second.identity });
    expect(await containers()).toEqual([expect.stringContaining(` ${second.image}@${second.identity} running`)]);
  });

  it('gets variables and what its unit adds, shows no value of them in an argument, and ends once as a one-shot', async () => {
    await stage(first);
    const command = [
      'sh',
      '-c',
      'printf "<%s>\\n" "$TOLD" "$ONWARD_INSTANCE" "$FROM_UNIT" \'$HOME %n\'; cat /go; exit 7',
    ];
    const more = { service: 'job', kind: 'one-shot', command, environment: { TOLD: SECRET } } as const;
    const spec = await create(first, 'job-1', more);
    await runtime.start('job-1', 1);
    const shown = 'cat /proc/[0-9]*/cmdline | tr "\\0" "\\n"; systemctl cat job@job-1.service';
    const said = await onHost('sh', '-c', `${shown}; echo go >/run/go`);
    expect(said).toContain('FROM_UNIT');
    expect(said).not.toContain('a "secret"');
    await soon(
      () => stateOf(runtime, spec),
      (state) => state === 'stopped',
    );
    expect(await instanceOf(runtime, spec)).toMatchObject({ exit: { code: 7, signal: null } });
    const lines = [...`<${SECRET}>`.split('\n'), '<job-1>', '<yes>', '<$HOME %n>', 'go'];
    expect(
      await soon(
        () => runtime.tail('job-1', 10),
        ({ length }) => length >= lines.length,
      ),
    ).toEqual(lines);
    const heeded = create(first, 'api-2', { environment: { DOCKER_HOST: 'tcp://elsewhere' } });
    await expect(heeded).rejects.toMatchObject({ code: 'runtime.unusable-spec' });
  });

  it('cannot be told while its engine is away, and comes back with it; its unit must not wait to hear from it', async () => {
    const spec = await start(first, 'api-1');
    const components = ['api', 'told'].map((service) => ({ service, component: second }));
    await onHost('systemctl', 'stop', 'docker.service');
    try {
      expect(await stateOf(runtime, spec)).toBe('unknown');
      await expect(stage(first)).rejects.toMatchObject({ code: 'ssh.no-docker' });
      const { places, findings } = await runtime.observe({ components });
      expect(places[0]).not.toHaveProperty('memory');
      expect(findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
        'error ssh.unheard-unit',
        'error ssh.no-docker',
      ]);
    } finally {
      await onHost('systemctl', 'start', 'docker.service');
    }
    await soon(
      () => stateOf(runtime, spec),
      (state) => state === 'running',
    );
    expect(await containers()).toHaveLength(1);
  });
});

describe('a unit of somebody else that runs an image', { timeout: LIMIT_MS }, () => {
  it('is compared by its image, is an instance once it is taken over, and comes back as it was', async () => {
    const request = { service: 'mine', component: first, from: '' };
    await runtime.stage(request, 1);
    const options = `run --rm --name shop --network host --env HOST=0.0.0.0 --env PORT=8100 ${runtime.locate(first)}`;
    // Its process has no handler for SIGTERM, and outlives the call that has started it.
    const lines = `ExecStart=\nExecStart=${(await onHost('sh', '-c', 'command -v docker')).trim()} ${options}\nTimeoutStopSec=1s`;
    await writeUnit(host, 'mine.service', renderUnit(lines));
    await onHost('systemctl', 'enable', '--now', 'mine');
    expect(await version(8100)).toBe('1.0.0');
    expect(await runtime.list('mine')).toEqual([]);
    const [other] = await observe({ ...request, component: second });
    expect(other?.differences).toEqual([`its container shop runs ${first.identity}`]);
    const [found] = await observe(request);
    if (!found) throw new Error('It was not found');
    expect(found).toMatchObject({
      differences: [],
      instance: { id: 'host1-mine', identity: first.identity, address: { host: host.address, port: 8100 } },
    });
    await runtime.takeOver?.({ request, found, epoch: 1 });
    const listed = async () => (await runtime.list('mine')).find(({ id }) => id === 'host1-mine');
    expect(await listed()).toMatchObject({ ...found.instance, pid: expect.any(Number) });
    const [before] = await containers();
    await runtime.stop('host1-mine', 1);
    expect([(await listed())?.state, await containers()]).toEqual(['stopped', []]);
    await start(second, 'mine-2', { service: 'mine' });
    expect(await version(8100)).toBe('2.0.0');
    expect((await listed())?.state).toBe('stopped');
    await runtime.stop('mine-2', 1);
    await runtime.start('host1-mine', 1);
    expect(await version(8100)).toBe('1.0.0');
    expect(await listed()).toMatchObject({ state: 'running', identity: first.identity });
    expect(await containers()).toEqual([expect.stringMatching(/^shop /)]);
    expect(await containers()).not.toEqual([before]);
    expect(await onHost('systemctl', 'is-enabled', 'mine')).toBe('enabled');
    await runtime.stop('host1-mine', 1);
    await runtime.remove('host1-mine', 1);
    expect(await listed()).toBeUndefined();
  });
});

describe('a command in an image on a host', { timeout: LIMIT_MS }, () => {
  it('ends as its program does, or when it is told to, and nothing of it is left', async () => {
    await stage(first);
    const tell = (command: readonly string[]) => run(command, new AbortController().signal);
    expect(await tell(['sh', '-c', 'echo "$FROM_UNIT $PGAPPNAME"; echo why >&2; exit 3'])).toEqual({
      ...{ code: 3, signal: null, said: 'why', output: 'yes job@1.0.0\n' },
    });
    await expect(tell(['no-such-program'])).rejects.toMatchObject({ code: 'runtime.no-program' });
    const stop = new AbortController();
    const ended = run(['sleep', '1000'], stop.signal);
    await soon(containers, ([now = '']) => now.endsWith(' running'));
    stop.abort();
    expect(await ended).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(await containers()).toEqual([]);
  });
});

/** Hosts and engines take longer than processes. */
function soon<T>(read: () => Promise<T>, holds: (value: T) => boolean): Promise<T> {
  return eventually(read, holds, 30_000);
}

async function run(command: readonly string[], signal: AbortSignal) {
  const spec: CommandSpec = {
    ...{ service: 'job', release: '1.0.0', artifact: runtime.locate(first), command, environment: {}, graceMs: 500 },
  };
  let output = '';
  const onOutput = (chunk: Buffer) => {
    output += chunk;
  };
  return { ...(await runtime.runCommand(spec, { signal, onOutput })), output };
}

async function push(tag: string): Promise<ImageComponent> {
  const reference = await buildServiceImage({ project: owner, name: 'api', tag, base: 'busybox' });
  const identity = (await registry.push(reference, `shop/api:${tag}`)) as ImageComponent['identity'];
  const image = `${front.host}/shop/api`;
  return { kind: 'image', service: 'api', image, tag, identity, bytes: 1_000, producedBy: tag, command: [] };
}

const stage = (component: ImageComponent) => runtime.stage({ service: 'api', component, from: '' }, 1);

async function create(component: ImageComponent, id: string, more: Partial<InstanceSpec> = {}): Promise<InstanceSpec> {
  const { producedBy: release, identity, command } = component;
  const artifact = runtime.locate(component);
  const spec = {
    ...specOf('', id),
    release,
    identity,
    artifact,
    command,
    environment: {},
    host: 'host1',
    graceMs: 500,
    ...more,
  };
  await runtime.create(spec, 1);
  created.push(spec);
  return spec;
}

async function start(component: ImageComponent, id: string, more: Partial<InstanceSpec> = {}): Promise<InstanceSpec> {
  await stage(component);
  const spec = await create(component, id, more);
  await runtime.start(id, 1);
  return spec;
}

function onHost(...argv: readonly string[]): Promise<string> {
  return host.exec(argv);
}

async function observe(request: StageRequest): Promise<readonly ForeignInstance[]> {
  return soon(
    async () => (await runtime.observeForeign?.(request)) ?? [],
    ([one]) => one?.instance.state === 'running',
  );
}

/** `<name> <id> <image> <state>` of each, of Onward and of others. */
async function containers(): Promise<readonly string[]> {
  const text = await onHost(
    'docker',
    'ps',
    '--all',
    '--no-trunc',
    '--format',
    '{{.Names}} {{.ID}} {{.Image}} {{.State}}',
  );
  return text.split('\n').filter(Boolean);
}

/** What runs, once it is another container than those. */
function another(before: readonly string[]): Promise<readonly string[]> {
  return soon(
    containers,
    ([now = '', ...more]) => more.length === 0 && now.endsWith(' running') && !before.includes(now),
  );
}

async function version(port: number): Promise<string> {
  const read = async () =>
    (await fetch(`http://${host.address}:${port}/version`)).json() as Promise<{ readonly version: string }>;
  return (await soon(() => read().catch(() => undefined), Boolean))?.version ?? '';
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
