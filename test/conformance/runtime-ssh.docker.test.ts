import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { InstanceSpec, Runtime, StageRequest } from '../../src/deploy/index.ts';
import type { Component } from '../../src/model/index.ts';
import { createSystem, hashArtifact } from '../../src/system/index.ts';
import { eventually } from '../support/eventually.ts';
import { askInstance, instanceOf, specOf, stateOf } from '../support/instances.ts';
import {
  createTestRuntime,
  installWorkload,
  renderUnit,
  runtimeOptions,
  WORKLOAD_FOLDER,
  writeUnit,
} from '../support/ssh-units.ts';
import { type Host, type Hosts, startHosts } from '../support/systemd-hosts.ts';
import { commandSpecOf, describeCommands, TOOL_ENVIRONMENT } from './command-suite.ts';
import { describeRuntime, type RuntimeMember } from './runtime-suite.ts';

const system = createSystem({ environment: TOOL_ENVIRONMENT, onEvent: () => {} });
const PORTS = [8080, 8081, 8082, 8083];
const SERVICES = [
  ...['api', 'web'].map((name) => ({ name, hosts: ['host1'], ports: PORTS })),
  { name: 'slow', hosts: ['host1'] },
  { name: 'plain', hosts: ['host1'], unit: 'plain.service', ports: [8090] },
];
let hosts: Hosts;
let host: Host;
/** Of all tests, so that they share the connection to the host. */
let state: string;

beforeAll(async () => {
  hosts = await startHosts(1);
  const [first] = hosts.list;
  if (!first) throw new Error('No host');
  host = first;
  state = await mkdtemp(join(tmpdir(), 'onward-ssh-'));
  await installWorkload(host);
  await host.exec(['chmod', '0777', WORKLOAD_FOLDER]);
  for (const unit of ['api@.service', 'web@.service', 'plain.service']) await writeUnit(host, unit);
  await writeUnit(host, 'slow@.service', renderUnit().replace('Type=exec', 'Type=notify'));
});
afterAll(async () => {
  await hosts?.close();
  await rm(state, { recursive: true, force: true });
});

/** A deployment on the host for each folder that a test has here. */
const deploymentOf = (folder: string) => basename(folder).toLowerCase();
const optionsOf = (folder: string, stateDirectory = state) => ({
  ...{ deployment: deploymentOf(folder), stateDirectory, services: SERVICES },
});
const open = async (folder: string, stateDirectory?: string) =>
  createTestRuntime(system, hosts, optionsOf(folder, stateDirectory));
const placeOf = (folder: string) => `/srv/${deploymentOf(folder)}`;
const say = (script: string) => host.exec(['sh', '-c', `${script}; true`]);
const numbersIn = (text: string) => text.split('\n').filter(Boolean).map(Number);

const member: RuntimeMember = {
  name: 'ssh',
  grace: { leastMs: 300, mostMs: 10_000 },
  runsIn: 'artifact',
  recallsCrash: true,
  open,
  specOf(folder, id, { behaviour = ['serve'], environment, ...more } = {}): InstanceSpec {
    const marks = `${WORKLOAD_FOLDER}/${deploymentOf(folder)}-${id}.marks`;
    return {
      ...specOf(WORKLOAD_FOLDER, id),
      command: ['node', `${WORKLOAD_FOLDER}/workload.mjs`, ...behaviour],
      environment: { MARKS: marks, ...environment },
      host: 'host1',
      ...more,
    };
  },
  startsOf: async ({ environment }) => numbersIn(await say(`cat ${environment.MARKS} 2>/dev/null`)),
  async familyOf({ place = '' }) {
    const group = `$(systemctl show --property ControlGroup --value ${place.replace('host1: ', '')})`;
    return numbersIn(await say(`cat /sys/fs/cgroup${group}/cgroup.procs`));
  },
  aliveOf: async (pids) =>
    numbersIn(await say(`for p in ${pids.join(' ')}; do grep -qs '^State:.[RSDT]' /proc/$p/status && echo $p; done`)),
  kill: async ({ pid }) => void (await host.exec(['kill', '-KILL', String(pid)])),
  async isAnythingLeft(specs) {
    const pids = await Promise.all(specs.map((spec) => member.startsOf(spec)));
    return (await member.aliveOf(pids.flat())).length > 0;
  },
  clear: async () => {},
};

describeRuntime(member);

describeCommands({
  name: 'ssh',
  artifact: 'folder',
  system,
  async open(folder) {
    await host.exec(['mkdir', '-p', placeOf(folder)]);
    return open(folder);
  },
  options: (folder) => runtimeOptions(hosts, optionsOf(folder)),
  specOf: (folder, script, more) => commandSpecOf(placeOf(folder), script, more),
  read: (folder, name) => host.exec(['sh', '-c', `cat ${placeOf(folder)}/${name} 2>/dev/null && echo || true`]),
  aliveOf: member.aliveOf,
  recorded: async (folder) =>
    (await say(`ls /var/lib/onward/${deploymentOf(folder)}/commands 2>/dev/null`)).split('\n').filter(Boolean),
  clear: async () => {},
});

describe('runtime ssh', () => {
  let folder: string;
  let deployment: string;
  let runtime: Runtime;
  let created: InstanceSpec[];

  const makeSpec = (id: string, more: Parameters<RuntimeMember['specOf']>[2] = {}) => member.specOf(folder, id, more);

  const create = async (id: string, more: Parameters<RuntimeMember['specOf']>[2] = {}) => {
    const spec = makeSpec(id, more);
    await runtime.create(spec, 1);
    created.push(spec);
    return spec;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onward-ssh-'));
    deployment = deploymentOf(folder);
    runtime = await open(folder);
    created = [];
  });

  afterEach(async () => {
    await Promise.all(created.map(({ id }) => runtime.stop(id, 1_000)));
    const isLeft = await member.isAnythingLeft(created);
    await rm(folder, { recursive: true, force: true });
    expect(isLeft).toBe(false);
  });

  it('says where an instance is, and gives every one a port of its own, which it keeps', async () => {
    const specs = await Promise.all(
      ['api-1', 'api-2', 'web-1'].map((id) => create(id, { service: id.split('-')[0] ?? '' })),
    );
    await Promise.all(specs.map(({ id }) => runtime.start(id, 1)));
    const found = await Promise.all(specs.map((spec) => instanceOf(runtime, spec)));
    expect(found.map((instance) => instance?.place)).toEqual(specs.map(({ id }) => `host1: ${unitOf(id)}`));
    expect(found.map((instance) => instance?.address?.host)).toEqual(specs.map(() => host.address));
    expect(new Set(found.map((instance) => instance?.address?.port)).size).toBe(3);
    const extra = await Promise.all(['api-3', 'api-4'].map((id) => create(id)));
    await runtime.start('api-3', 1);
    await expect(runtime.start('api-4', 1)).rejects.toMatchObject({ code: 'ssh.no-port' });
    expect(await stateOf(runtime, extra[1] ?? makeSpec(''))).toBe('created');
    await runtime.stop('api-2', 1);
    await runtime.start('api-2', 1);
    const again = (await runtime.list('api')).find(({ id }) => id === 'api-2');
    expect(again?.address).toEqual(found[1]?.address);
  });

  it('hands over words and texts whatever they hold, and shows no secret to anybody else on the host', async () => {
    const nasty = { TEXT: `it's "a $HOME \`x\` \\n %s #;&`, TAB: 'a\tb', ACCENT: 'é', SECRET: 'correct horse battery' };
    const spec = await create('api-1', { environment: nasty, behaviour: ['serve', `it's "a $HOME %n \\ word`] });
    await runtime.start('api-1', 1);
    const { environment, pid } = await askInstance(runtime, spec);
    expect(environment).toMatchObject({ ...nasty, HOST: '0.0.0.0', PORT: '8080', ONWARD_INSTANCE: 'api-1' });
    expect(await say(`tr '\\0' '|' </proc/${pid}/cmdline`)).toContain(`|serve|it's "a $HOME %n \\ word|`);
    const base = `/var/lib/onward/${deployment}`;
    const own = `${base}/instances/api/api-1/environment`;
    expect(await say(`grep -rl 'correct horse' ${base} /etc/systemd/system`)).toBe(own);
    expect(await host.exec(['stat', '-c', '%a', `${base}/instances`, own])).toBe('700\n600');
    await expect(runtime.create(makeSpec('api-2', { environment: { BELL: '\u0007' } }), 1)).rejects.toMatchObject({
      code: 'runtime.unusable-spec',
    });
  });

  it('keeps on the host what was done there, and what was refused', async () => {
    await create('api-1');
    await expect((await open(folder)).stop('api-1', 0)).rejects.toMatchObject({ code: 'deploy.fenced' });
    const log = await host.exec(['cat', `/var/lib/onward/${deployment}/actions.log`]);
    expect(log).toContain('epoch=1 run=run-1 create api-1');
    expect(log).toContain('epoch=0 run=- refused (stop api-1): epoch 1 was seen');
  });

  it('leaves nothing of instances whose making or removal was cut off, once another one is removed', async () => {
    await create('api-1');
    const instances = `/var/lib/onward/${deployment}/instances`;
    await host.exec(['mkdir', '-p', `${instances}/api/.removing-api-0`, `${instances}/web/.creating-web-1`]);
    await runtime.remove('api-1', 1);
    expect(await host.exec(['find', instances, '-mindepth', '2'])).toBe('');
  });

  it('brings back through a power cut what should run, and nothing else', async () => {
    const spec = await create('api-1');
    await create('api-2');
    await Promise.all(['api-1', 'api-2'].map((id) => runtime.start(id, 1)));
    const before = await instanceOf(runtime, spec);
    await runtime.stop('api-2', 1);
    await host.kill();
    await host.start();
    const booted = await eventually(
      () => instanceOf(runtime, spec),
      (instance) => instance?.state === 'running',
      30_000,
    );
    expect(booted?.address).toEqual(before?.address);
    expect((await runtime.list('api')).map((instance) => instance.state)).toEqual(['running', 'stopped']);
  });

  it('makes a plain unit one instance after another, and says which it is', async () => {
    const old = await create('plain-1', { service: 'plain' });
    await runtime.start('plain-1', 1);
    const first = await askInstance(runtime, old);
    const next = await create('plain-2', { service: 'plain', release: '1.3.0' });
    expect(await stateOf(runtime, old)).toBe('running');
    await runtime.stop('plain-1', 1);
    await runtime.start('plain-2', 1);
    const second = await askInstance(runtime, next);
    expect(second.environment).toMatchObject({ ONWARD_INSTANCE: 'plain-2', PORT: '8090' });
    expect(await member.aliveOf([first.pid])).toEqual([]);
    expect(await stateOf(runtime, old)).toBe('stopped');
    // Back, without anybody having stopped the new one.
    await runtime.start('plain-1', 1);
    expect((await askInstance(runtime, old)).environment.ONWARD_INSTANCE).toBe('plain-1');
    expect(await stateOf(runtime, next)).toBe('lost');
    await runtime.stop('plain-2', 1);
    expect(await stateOf(runtime, old)).toBe('running');
  });

  it('does not call a unit of Type=notify running before it says so', async () => {
    const spec = await create('slow-1', { service: 'slow' });
    await runtime.start('slow-1', 1);
    expect(await stateOf(runtime, spec)).toBe('waiting');
  });

  it('says at once that the program, the artifact or the unit is not there', async () => {
    await create('api-1', { command: ['bin/server'] });
    await create('api-2', { artifact: '/srv/nowhere' });
    await expect(runtime.start('api-1', 1)).rejects.toMatchObject({ code: 'runtime.no-program' });
    await expect(runtime.start('api-2', 1)).rejects.toMatchObject({ code: 'runtime.no-program' });
    await expect(runtime.create(makeSpec('api-3', { command: ['../server'] }), 1)).rejects.toMatchObject({
      code: 'runtime.program-outside',
    });
    await host.exec(['mv', '/etc/systemd/system/web@.service', '/tmp']);
    await host.exec(['systemctl', 'daemon-reload']);
    await create('web-1', { service: 'web' });
    await expect(runtime.start('web-1', 1)).rejects.toMatchObject({ code: 'ssh.no-unit' });
    await host.exec(['mv', '/tmp/web@.service', '/etc/systemd/system/']);
    await host.exec(['systemctl', 'daemon-reload']);
  });

  describe('stage()', () => {
    const artifacts = () => `/var/lib/onward/${deployment}/artifacts`;
    const build = async (files: { readonly [path: string]: string | Buffer }): Promise<StageRequest> => {
      const from = join(folder, `artifact-${Math.random()}`);
      for (const [path, text] of Object.entries(files)) {
        await mkdir(join(from, path, '..'), { recursive: true });
        await writeFile(join(from, path), text, { mode: path.startsWith('bin/') ? 0o755 : 0o644 });
      }
      await symlink('main.mjs', join(from, 'link'));
      const { identity, bytes } = await hashArtifact(system.files, from);
      const command = ['node', 'main.mjs'];
      const component: Component = { kind: 'folder', service: 'api', identity, bytes, producedBy: '1.0.0', command };
      return { service: 'api', component, from };
    };
    const read = (...argv: string[]) => host.exec(argv);

    it('has an artifact there whole, whatever its files are called, and repairs one that has changed', async () => {
      const request = await build({ 'main.mjs': 'one', 'bin/run': 'two', "a b/it's\n\\odd é.txt": 'three', empty: '' });
      await runtime.stage(request, 1);
      const place = runtime.locate(request.component);
      expect(await read('sh', '-c', `cd ${place}; cat main.mjs bin/run link a*/*; stat -c %a . bin/run main.mjs`)).toBe(
        'onetwoonethree755\n755\n644',
      );
      const inode = await read('stat', '-c', '%i', place);
      await runtime.stage(request, 1);
      expect(await read('stat', '-c', '%i', place)).toBe(inode);
      await read('sh', '-c', `echo changed >${place}/main.mjs`);
      await runtime.stage(request, 1);
      expect(await read('cat', `${place}/main.mjs`)).toBe('one');
      expect(await read('sh', '-c', `ls ${artifacts()} | grep -c changed`)).toBe('1');
      await expect((await open(folder)).stage(request, 0)).rejects.toMatchObject({ code: 'deploy.fenced' });
    });

    it('leaves nothing on a disk that is too small or fills up meanwhile', async () => {
      await read('mkdir', '-p', artifacts());
      await read('mount', '-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', artifacts());
      try {
        const large = await build({ 'main.mjs': randomBytes(4_000_000) });
        await expect(runtime.stage(large, 1)).rejects.toMatchObject({ code: 'ssh.no-room' });
        // There is room for the bytes, and not for so many files.
        await read('mount', '-o', 'remount,size=3m,nr_inodes=12', artifacts());
        const many = await build(Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`f${n}`, 'x'])));
        await expect(runtime.stage(many, 1)).rejects.toMatchObject({ code: 'ssh.no-room' });
        expect(await read('ls', artifacts())).toBe('');
        await read('mount', '-o', 'remount,nr_inodes=1000', artifacts());
        await runtime.stage(many, 1);
      } finally {
        await read('umount', artifacts());
      }
    });
  });

  it('lists what is on a host that does not answer as unknown, and does not wait for it', async () => {
    const spec = await create('api-1');
    await runtime.start('api-1', 1);
    expect(await stateOf(runtime, spec)).toBe('running');
    // With no connection yet: what hangs then is the way there.
    const other = await open(folder, folder);
    await host.pause();
    try {
      const [seen, listed, { places }] = await Promise.all([
        stateOf(runtime, spec),
        other.list('api'),
        other.observe({ components: [] }),
      ]);
      expect(seen).toBe('unknown');
      expect(listed).toMatchObject([{ id: 'api-on-host1', state: 'unknown' }]);
      expect(places).toMatchObject([{ place: 'host1', isReachable: false }]);
    } finally {
      await host.unpause();
    }
    await eventually(
      () => stateOf(runtime, spec),
      (found) => found === 'running',
      30_000,
    );
  });

  it('sees what a host has, and how far its clock is off', async () => {
    const { places, exclusive, findings } = await runtime.observe({ components: [] });
    expect(places).toMatchObject([{ runtime: 'ssh', place: 'host1', isReachable: true }]);
    expect(places[0]?.disk?.freeBytes).toBeGreaterThan(1e6);
    expect(places[0]?.memory?.freeBytes).toBeGreaterThan(1e6);
    expect(Math.abs(places[0]?.clockSkewMs ?? 1e9)).toBeLessThan(5_000);
    expect(exclusive).toEqual([{ service: 'plain', why: 'plain.service is one instance on each host' }]);
    expect(findings).toEqual([]);
  });

  it('says when two names of a service lead to one machine', async () => {
    const sshConfig = join(folder, 'config');
    await writeFile(sshConfig, (await readFile(hosts.sshConfig, 'utf8')).replace('Host host1', 'Host host1 twin'));
    const services = [{ name: 'api', hosts: ['host1', 'twin'] }];
    const other = createTestRuntime(system, { ...hosts, sshConfig }, { deployment, stateDirectory: folder, services });
    const { findings } = await other.observe({ components: [] });
    expect(findings).toMatchObject([
      { code: 'ssh.same-machine', message: 'Hosts host1 and twin of api are one machine.' },
    ]);
  });

  it('ends a command whose connection is lost, and does not begin it again', async () => {
    const script = `echo $$ >>${WORKLOAD_FOLDER}/${deployment}.ran; exec sleep 600`;
    const slot = { name: 'split', epoch: 1 };
    const spec = commandSpecOf(WORKLOAD_FOLDER, script, { slot });
    const ended = runtime
      .runCommand(spec, { onOutput: () => {}, signal: new AbortController().signal })
      .catch((error: { code?: string }) => error.code);
    const ran = () => say(`cat ${WORKLOAD_FOLDER}/${deployment}.ran 2>/dev/null`).then(numbersIn);
    const [pid = 0] = await eventually(ran, ({ length }) => length > 0);
    // As when the network goes: every session of the shared connection is cut.
    execFileSync('ssh', ['-F', hosts.sshConfig, '-o', `ControlPath=${state}/ssh/%C`, '-O', 'exit', 'host1'], {
      stdio: 'ignore',
    });
    expect(await ended).toBe('ssh.connection-lost');
    await eventually(
      () => member.aliveOf([pid]),
      (alive) => alive.length === 0,
    );
    expect(await ran()).toEqual([pid]);
  });

  it('is refused by a host whose key is another one, and by one that does not know the key here', async () => {
    const config = join(folder, 'config');
    const text = await readFile(hosts.sshConfig, 'utf8');
    const tryWith = async (line: string) => {
      await writeFile(config, `${line}\n${text}`);
      const other = createTestRuntime(
        system,
        { ...hosts, sshConfig: config },
        { deployment, stateDirectory: join(folder, line.slice(0, 4)), services: [{ name: 'api', hosts: ['host1'] }] },
      );
      return other.stage(await Promise.resolve(request), 1).catch((error: { code?: string }) => error.code);
    };
    const from = join(folder, 'tiny');
    await mkdir(from);
    await writeFile(join(from, 'main.mjs'), 'one');
    const { identity, bytes } = await hashArtifact(system.files, from);
    const component: Component = {
      kind: 'folder',
      service: 'api',
      identity,
      bytes,
      producedBy: '1',
      command: ['node'],
    };
    const request: StageRequest = { service: 'api', component, from };
    expect(await tryWith('HostKeyAlias nobody')).toBe('ssh.unknown-host');
    expect(await tryWith('IdentityFile /nowhere\nUser nobody')).toBe('ssh.refused-login');
    expect(await tryWith('Port 2')).toBe('ssh.unreachable');
  });

  it('works in a state directory whose path is too long for a socket', async () => {
    expect(await (await open(folder, join(folder, 'x'.repeat(120)))).list('api')).toEqual([]);
  });
});

const unitOf = (id: string) => `${id.split('-')[0]}@${id}.service`;
