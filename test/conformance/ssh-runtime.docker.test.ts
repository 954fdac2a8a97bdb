import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { InstanceSpec, Runtime, StageRequest } from '../../src/deploy/index.ts';
import type { Component } from '../../src/model/index.ts';
import { createSystem, hashArtifact } from '../../src/system/index.ts';
import { eventually } from '../support/eventually.ts';
import { askInstance, instanceOf, specOf, stateOf } from '../support/instances.ts';
import { createTestRuntime, installWorkload, renderUnit, WORKLOAD_FOLDER, writeUnit } from '../support/ssh-units.ts';
import { type Host, type Hosts, startHosts } from '../support/systemd-hosts.ts';

const system = createSystem({ environment: process.env, onEvent: () => {} });
const PORTS = [8080, 8081, 8082, 8083];
let hosts: Hosts;
let host: Host;

beforeAll(async () => {
  hosts = await startHosts(1);
  const [first] = hosts.list;
  if (!first) throw new Error('No host');
  host = first;
  await installWorkload(host);
  for (const unit of ['api@.service', 'web@.service', 'migrate@.service', 'plain.service']) await writeUnit(host, unit);
  await writeUnit(host, 'slow@.service', renderUnit().replace('Type=exec', 'Type=notify'));
});
afterAll(() => hosts?.close());

describe('runtime ssh', () => {
  let folder: string;
  let deployment: string;
  let runtime: Runtime;
  let created: InstanceSpec[];

  const open = () =>
    createTestRuntime(system, hosts, {
      deployment,
      stateDirectory: folder,
      services: [
        ...['api', 'web'].map((name) => ({ name, hosts: ['host1'], ports: PORTS })),
        { name: 'migrate', hosts: ['host1'] },
        { name: 'slow', hosts: ['host1'] },
        { name: 'plain', hosts: ['host1'], unit: 'plain.service', ports: [8090] },
      ],
    });

  const makeSpec = (id: string, more: Parameters<typeof specOf>[2] = {}): InstanceSpec => {
    const behaviour = more.behaviour ?? ['serve'];
    const marks = `${WORKLOAD_FOLDER}/${deployment}-${id}.marks`;
    const { behaviour: _behaviour, ...rest } = more;
    return {
      ...specOf(WORKLOAD_FOLDER, id),
      command: ['node', `${WORKLOAD_FOLDER}/workload.mjs`, ...behaviour],
      environment: { MARKS: marks },
      host: 'host1',
      ...rest,
    };
  };

  const create = async (id: string, more: Parameters<typeof specOf>[2] = {}) => {
    const spec = makeSpec(id, more);
    await runtime.create(spec, 1);
    created.push(spec);
    return spec;
  };

  const startsOf = async (spec: InstanceSpec): Promise<readonly number[]> => {
    const text = await host.exec(['sh', '-c', `cat ${spec.environment.MARKS} 2>/dev/null || true`]);
    return text.split('\n').filter(Boolean).map(Number);
  };
  const aliveOf = async (pids: readonly number[]): Promise<readonly string[]> => {
    const text = await host.exec([
      'sh',
      '-c',
      `for p in ${pids.join(' ')}; do grep -qs '^State:.[RSDT]' /proc/$p/status && echo $p; done; true`,
    ]);
    return text.split('\n').filter(Boolean);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onward-ssh-'));
    deployment = `d${Math.floor(Math.random() * 1e9)}`;
    runtime = open();
    created = [];
  });

  afterEach(async () => {
    const pids = (await Promise.all(created.map(startsOf))).flat();
    for (const spec of created) await runtime.stop(spec.id, 1_000);
    const left = await aliveOf(pids);
    for (const spec of created) await runtime.remove(spec.id, 1_000);
    await rm(folder, { recursive: true, force: true });
    expect(left).toEqual([]);
  });

  it('creates without starting, starts, stops, starts again and forgets', async () => {
    const spec = await create('api-1');
    const { id, service, release, kind, identity, config, run } = spec;
    const said = { id, service, release, kind, identity, config, run, restarts: 0, host: 'host1' };
    expect(await runtime.list('api')).toEqual([{ ...said, state: 'created', place: 'host1: api@api-1.service' }]);
    expect(await startsOf(spec)).toEqual([]);
    await runtime.start('api-1', 1);
    const answer = await askInstance(runtime, spec);
    const running = await instanceOf(runtime, spec);
    expect(running).toMatchObject({ ...said, state: 'running', address: { host: host.address, port: 8080 } });
    expect(answer.pid).toBe(running?.pid);
    await runtime.stop('api-1', 1);
    const stopped = await instanceOf(runtime, spec);
    expect(stopped).toMatchObject({ state: 'stopped', exit: { signal: 'SIGTERM' }, address: running?.address });
    expect(await aliveOf([answer.pid])).toEqual([]);
    await runtime.start('api-1', 1);
    const again = await askInstance(runtime, spec);
    expect(again.pid).not.toBe(answer.pid);
    expect(await instanceOf(runtime, spec)).toMatchObject({ state: 'running', address: running?.address });
    await runtime.stop('api-1', 1);
    await runtime.remove('api-1', 1);
    expect(await runtime.list('api')).toEqual([]);
    expect(await runtime.tail('api-1', 10)).toEqual([]);
  });

  it('does nothing more when an effect is repeated', async () => {
    const spec = await create('api-1');
    await runtime.create(spec, 1);
    await runtime.stop('api-1', 1);
    expect(await stateOf(runtime, spec)).toBe('created');
    await runtime.start('api-1', 1);
    await askInstance(runtime, spec);
    await Promise.all([runtime.start('api-1', 1), open().start('api-1', 1)]);
    await runtime.create(spec, 1);
    expect(await startsOf(spec)).toHaveLength(1);
    await runtime.stop('api-1', 1);
    const exit = (await instanceOf(runtime, spec))?.exit;
    await runtime.stop('api-1', 1);
    expect((await instanceOf(runtime, spec))?.exit).toEqual(exit);
    await runtime.remove('api-1', 1);
    await runtime.remove('api-1', 1);
    await runtime.stop('api-1', 1);
  });

  it('refuses another specification under the same id, and an instance that was never created', async () => {
    const spec = await create('api-1');
    const other = { ...spec, environment: { ...spec.environment, COLOUR: 'green' } };
    await expect(runtime.create(other, 1)).rejects.toMatchObject({ code: 'runtime.other-spec' });
    await expect(open().create(other, 1)).rejects.toMatchObject({ code: 'runtime.other-spec' });
    await expect(runtime.create({ ...spec, service: 'web' }, 1)).rejects.toMatchObject({ code: 'runtime.other-spec' });
    await expect(runtime.start('api-2', 1)).rejects.toMatchObject({ code: 'runtime.no-instance' });
  });

  it('does not forget an instance that runs', async () => {
    const spec = await create('api-1');
    await runtime.start('api-1', 1);
    await expect(runtime.remove('api-1', 1)).rejects.toMatchObject({ code: 'runtime.still-running' });
    expect(await stateOf(runtime, spec)).toBe('running');
  });

  it('gives an instance its artifact as folder and its own environment, whatever it holds', async () => {
    const nasty = { TEXT: `it's "a $HOME \`x\` \\n %s #;&`, LINES: 'one\ntwo\n', EMPTY: '', TAB: 'a\tb', ACCENT: 'é' };
    const { environment: given } = makeSpec('api-1');
    const spec = await create('api-1', {
      environment: { ...given, ...nasty, HOST: '0.0.0.0' },
      behaviour: ['serve', `it's "a $HOME %n \\ word`],
    });
    await runtime.start('api-1', 1);
    const { cwd, environment } = await askInstance(runtime, spec);
    expect(cwd).toBe(WORKLOAD_FOLDER);
    expect(environment).toMatchObject({
      ...spec.environment,
      ...{ PORT: '8080', ONWARD_SERVICE: 'api', ONWARD_RELEASE: '1.2.0', ONWARD_INSTANCE: 'api-1' },
      PGAPPNAME: 'api@1.2.0',
    });
    const { pid = 0 } = (await instanceOf(runtime, spec)) ?? {};
    expect(await host.exec(['sh', '-c', `tr '\\0' '|' </proc/${pid}/cmdline`])).toContain(
      `|serve|it's "a $HOME %n \\ word|`,
    );
    await expect(runtime.create(makeSpec('api-2', { environment: { BELL: '\u0007' } }), 1)).rejects.toMatchObject({
      code: 'runtime.unusable-spec',
    });
  });

  it('shows no secret to anybody else on the host', async () => {
    const { environment: given } = makeSpec('api-1');
    const spec = await create('api-1', { environment: { ...given, PASSWORD: 'correct horse battery' } });
    await runtime.start('api-1', 1);
    await askInstance(runtime, spec);
    const base = `/var/lib/onward/${deployment}`;
    expect(await host.exec(['sh', '-c', `grep -rl 'correct horse' ${base} /etc/systemd/system`])).toBe(
      `${base}/instances/api/api-1/environment`,
    );
    expect(await host.exec(['stat', '-c', '%a', `${base}/instances`, `${base}/instances/api/api-1/environment`])).toBe(
      '700\n600',
    );
  });

  it('records how a one-shot ended and never starts it again by itself', async () => {
    const good = await create('migrate-1', { service: 'migrate', kind: 'one-shot', behaviour: ['exit', '0'] });
    const bad = await create('migrate-2', { service: 'migrate', kind: 'one-shot', behaviour: ['exit', '7'] });
    await Promise.all([runtime.start('migrate-1', 1), runtime.start('migrate-2', 1)]);
    for (const [spec, code] of [[good, 0] as const, [bad, 7] as const]) {
      const ended = await eventually(
        () => instanceOf(runtime, spec),
        (instance) => instance?.state === 'stopped',
      );
      expect(ended).toMatchObject({ exit: { code, signal: null }, restarts: 0 });
      expect(await startsOf(spec)).toHaveLength(1);
    }
    expect(await runtime.tail('migrate-2', 5)).toEqual(['about to end', 'with a word on standard error']);
    expect(await runtime.tail('migrate-2', 1)).toEqual(['with a word on standard error']);
  });

  it('starts a service again that ends, whatever its exit code, and counts', async () => {
    const crashing = await create('api-1', { behaviour: ['exit', '3'] });
    const clean = await create('api-2', { behaviour: ['exit', '0'] });
    await Promise.all([runtime.start('api-1', 1), runtime.start('api-2', 1)]);
    for (const spec of [crashing, clean]) {
      await eventually(
        () => instanceOf(runtime, spec),
        (instance) => (instance?.restarts ?? 0) >= 2,
      );
      expect((await startsOf(spec)).length).toBeGreaterThanOrEqual(2);
      await runtime.stop(spec.id, 1);
      const starts = await startsOf(spec);
      expect(await stateOf(runtime, spec)).toBe('stopped');
      expect(await aliveOf(starts)).toEqual([]);
    }
  });

  it('kills a service that ignores SIGTERM once its grace period is over', async () => {
    const spec = await create('api-1', { behaviour: ['stubborn'], graceMs: 300 });
    await runtime.start('api-1', 1);
    await askInstance(runtime, spec);
    await runtime.stop('api-1', 1);
    expect(await instanceOf(runtime, spec)).toMatchObject({ state: 'stopped', exit: { signal: 'SIGKILL' } });
    expect(await runtime.tail('api-1', 1)).toEqual(['no']);
  });

  it('ends every process of an instance', async () => {
    const spec = await create('api-1', { behaviour: ['family'], graceMs: 200 });
    await runtime.start('api-1', 1);
    await askInstance(runtime, spec);
    const group = '/sys/fs/cgroup$(systemctl show --property ControlGroup --value api@api-1.service)/cgroup.procs';
    const family = (await host.exec(['sh', '-c', `cat ${group}`])).split('\n').map(Number);
    expect(family.length).toBeGreaterThanOrEqual(3);
    await runtime.stop('api-1', 1);
    expect(await aliveOf(family)).toEqual([]);
    expect(await stateOf(runtime, spec)).toBe('stopped');
  });

  it('keeps an instance whose process is killed, and one through a power cut', async () => {
    const spec = await create('api-1');
    await runtime.start('api-1', 1);
    const { pid } = await askInstance(runtime, spec);
    await host.exec(['kill', '-KILL', String(pid)]);
    const restarted = await eventually(
      () => instanceOf(runtime, spec),
      (instance) => instance?.state === 'running' && instance.restarts === 1,
    );
    expect(restarted?.exit).toMatchObject({ code: null, signal: 'SIGKILL' });
    await create('api-2');
    await runtime.start('api-2', 1);
    await runtime.stop('api-2', 1);
    await host.kill();
    await host.start();
    const booted = await eventually(
      () => instanceOf(runtime, spec),
      (instance) => instance?.state === 'running',
      30_000,
    );
    expect(booted?.address).toEqual(restarted?.address);
    expect((await runtime.list('api')).map(({ state }) => state)).toEqual(['running', 'stopped']);
  });

  it('refuses every effect of an epoch that is lower than one the host has seen, whoever comes with it', async () => {
    const spec = await create('api-1');
    await runtime.start('api-1', 5);
    const refusal = { code: 'deploy.fenced' };
    const stale = open();
    await expect(stale.create(makeSpec('api-2'), 4)).rejects.toMatchObject(refusal);
    await expect(stale.start('api-1', 4)).rejects.toMatchObject(refusal);
    await expect(stale.stop('api-1', 4)).rejects.toMatchObject(refusal);
    await expect(stale.remove('api-1', 4)).rejects.toMatchObject(refusal);
    expect(await runtime.list('api')).toHaveLength(1);
    expect(await stateOf(runtime, spec)).toBe('running');
    const log = await host.exec(['cat', `/var/lib/onward/${deployment}/actions.log`]);
    expect(log).toContain('epoch=5 run=- start api-1');
    expect(log).toContain('epoch=4 run=- refused (stop api-1): epoch 5 was seen');
  });

  it('gives every instance a port of its own, and the same one again', async () => {
    const specs = await Promise.all(
      ['api-1', 'api-2', 'web-1'].map((id) => create(id, { service: id.split('-')[0] ?? '' })),
    );
    await Promise.all(specs.map(({ id }) => runtime.start(id, 1)));
    const ports = await Promise.all(specs.map(async (spec) => (await instanceOf(runtime, spec))?.address?.port));
    expect(new Set(ports).size).toBe(3);
    const extra = await Promise.all(['api-3', 'api-4'].map((id) => create(id)));
    await runtime.start('api-3', 1);
    await expect(runtime.start('api-4', 1)).rejects.toMatchObject({ code: 'ssh.no-port' });
    expect(await stateOf(runtime, extra[1] ?? makeSpec(''))).toBe('created');
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
    expect(await aliveOf([first.pid])).toEqual([]);
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
      return { service: 'api', component, folder: from };
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
      await expect(open().stage(request, 0)).rejects.toMatchObject({ code: 'deploy.fenced' });
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
    await host.pause();
    try {
      expect(await stateOf(runtime, spec)).toBe('unknown');
      expect(await open().list('api')).toMatchObject([{ id: 'api-on-host1', state: 'unknown' }]);
      const { places } = await runtime.observe({ components: [] });
      expect(places).toMatchObject([{ place: 'host1', isReachable: false }]);
    } finally {
      await host.unpause();
    }
    await eventually(
      () => stateOf(runtime, spec),
      (state) => state === 'running',
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
    const request: StageRequest = { service: 'api', component, folder: from };
    expect(await tryWith('HostKeyAlias nobody')).toBe('ssh.unknown-host');
    expect(await tryWith('IdentityFile /nowhere\nUser nobody')).toBe('ssh.refused-login');
    expect(await tryWith('Port 2')).toBe('ssh.unreachable');
  });

  it('works in a state directory whose path is too long for a socket', async () => {
    const long = createTestRuntime(system, hosts, {
      deployment,
      stateDirectory: join(folder, 'x'.repeat(120)),
      services: [{ name: 'api', hosts: ['host1'], ports: PORTS }],
    });
    expect(await long.list('api')).toEqual([]);
  });
});
