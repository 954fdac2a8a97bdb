import { execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CommandSpec, Runtime } from '../../src/deploy/index.ts';
import { createSystem } from '../../src/system/index.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import { eventually } from '../support/eventually.ts';
import { createTestRuntime, runtimeOptions, type TestRuntimeOptions, writeUnit } from '../support/ssh-units.ts';
import { type Host, type Hosts, startHosts } from '../support/systemd-hosts.ts';

const system = createSystem({ environment: { PATH: process.env.PATH, HOME: process.env.HOME }, onEvent: () => {} });
let hosts: Hosts;
let host: Host;
let programs: string;
let tool: string;

beforeAll(async () => {
  hosts = await startHosts(1);
  const [first] = hosts.list;
  if (!first) throw new Error('No host');
  host = first;
  await writeUnit(host, 'api@.service');
  programs = await mkdtemp(join(tmpdir(), 'onward-programs-'));
  tool = await bundleProgram('test/support/ssh-command-tool.ts', programs);
});
afterAll(async () => {
  await hosts?.close();
  await rm(programs, { recursive: true, force: true });
});

describe('a command of runtime ssh', () => {
  let state: string;
  let options: TestRuntimeOptions;
  let runtime: Runtime;
  let folder: string;

  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'onward-ssh-'));
    const deployment = `d${Math.floor(Math.random() * 1e9)}`;
    folder = `/srv/${deployment}`;
    await host.exec(['mkdir', '-p', folder]);
    const services = ['api', 'web'].map((name) => ({ name, hosts: ['host1'] }));
    options = { deployment, stateDirectory: state, services };
    runtime = createTestRuntime(system, hosts, options);
  });
  afterEach(async () => {
    await runtime.endCommands('api', 1_000);
    await rm(state, { recursive: true, force: true });
  });

  const specOf = (script: string, more: Partial<CommandSpec> = {}): CommandSpec => ({
    service: 'api',
    release: '1.2.0',
    artifact: folder,
    command: ['/bin/sh', '-c', script],
    environment: { OWN: 'of the service' },
    graceMs: 300,
    ...more,
  });

  async function run(spec: CommandSpec, signal = new AbortController().signal) {
    const chunks: Buffer[] = [];
    const end = await runtime.runCommand(spec, { onOutput: (chunk) => void chunks.push(chunk), signal });
    return { ...end, output: Buffer.concat(chunks).toString('utf8') };
  }

  const runFromTool = (spec: CommandSpec) =>
    spawn(process.execPath, [tool, JSON.stringify(runtimeOptions(hosts, options)), JSON.stringify(spec)], {
      stdio: 'ignore',
    });
  const written = (name: string) =>
    eventually(
      () => host.exec(['sh', '-c', `cat ${folder}/${name} 2>/dev/null || true`]),
      (text) => text !== '',
    );
  const isAlive = async (pid: number) =>
    (await host.exec(['sh', '-c', `grep -qs '^State:.[RSDT]' /proc/${pid}/status && echo yes || true`])) === 'yes';
  const recorded = async () =>
    (await host.exec(['sh', '-c', `ls /var/lib/onward/${options.deployment}/commands 2>/dev/null || true`]))
      .split('\n')
      .filter(Boolean);

  it('runs in the artifact, with the environment of the service, and says how it ended', async () => {
    const script = 'pwd; echo $OWN $ONWARD_SERVICE $ONWARD_RELEASE $PGAPPNAME; echo "$0" "$1"; echo oh >&2; exit 7';
    const spec = specOf(script);
    const command = [...spec.command, `it's`, `$OWN "%n"`];
    expect(await run({ ...spec, command })).toEqual({
      code: 7,
      signal: null,
      said: 'oh',
      output: `${folder}\nof the service api 1.2.0 api@1.2.0\nit's $OWN "%n"\n`,
    });
    expect(await recorded()).toEqual([]);
  });

  it('gives what it writes while it runs, and is told to end', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const ended = runtime.runCommand(specOf('echo first; sleep 60'), {
      onOutput: (chunk) => void seen.push(chunk.toString()),
      signal: stop.signal,
    });
    await eventually(
      () => seen.join(''),
      (text) => text === 'first\n',
    );
    stop.abort(new Error('enough'));
    expect(await ended).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  it('is ended with all that it started, also when it does not want to', async () => {
    const stop = new AbortController();
    const ended = run(specOf(`trap '' TERM; sleep 600 & echo $! >child; while :; do sleep 600; done`), stop.signal);
    const child = Number(await written('child'));
    stop.abort(new Error('enough'));
    expect(await ended).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(await isAlive(child)).toBe(false);
    await run(specOf('sleep 600 >/dev/null 2>&1 & echo $! >other'));
    expect(await isAlive(Number(await written('other')))).toBe(false);
    expect(await recorded()).toEqual([]);
  });

  it('ends when its tool is killed, before another one starts in its slot', async () => {
    const slot = { name: 'split', epoch: 1 };
    const first = runFromTool(specOf('echo $$ >first; exec sleep 600', { slot }));
    const pid = Number(await written('first'));
    first.kill('SIGKILL');
    const seen = await run(
      specOf(`grep -qs 'State:.[RSDT]' /proc/${pid}/status && echo beside || echo alone`, { slot }),
    );
    expect(seen.output).toBe('alone\n');
    expect(await isAlive(pid)).toBe(false);
  });

  it('is ended, and not begun again, when its connection is lost on the way', async () => {
    const ended = run(specOf('echo started >>ran; exec sleep 600', { slot: { name: 'split', epoch: 1 } }));
    await written('ran');
    // As when the network goes: every session of the shared connection is cut.
    execFileSync('ssh', ['-F', hosts.sshConfig, '-o', `ControlPath=${state}/ssh/%C`, '-O', 'exit', 'host1']);
    expect(await ended).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(await written('ran')).toBe('started');
    expect(await recorded()).toEqual([]);
  });

  it('is ended with the commands of its service, whoever runs it; one that only asks once its tool is gone', async () => {
    const ended = run(specOf('echo $$ >first; exec sleep 600', { slot: { name: 'split', epoch: 1 } }));
    const asking = runFromTool(specOf('echo $$ >asks; exec sleep 600'));
    const [first, asks] = [Number(await written('first')), Number(await written('asks'))];
    await runtime.endCommands('web', 2);
    expect(await isAlive(first)).toBe(true);
    await runtime.endCommands('api', 2);
    expect(await ended).toMatchObject({ signal: 'SIGTERM' });
    expect(await isAlive(asks)).toBe(true);
    asking.kill('SIGKILL');
    await eventually(
      async () => {
        await runtime.endAbandonedCommands('api');
        return isAlive(asks);
      },
      (alive) => !alive,
    );
  });

  it('never runs with an epoch that is stale, or without its program', async () => {
    await runtime.endCommands('api', 5);
    await expect(run(specOf('echo yes >ran', { slot: { name: 'split', epoch: 4 } }))).rejects.toMatchObject({
      code: 'deploy.fenced',
    });
    expect(await host.exec(['ls', folder])).toBe('');
    await expect(run(specOf('', { command: ['gone'] }))).rejects.toMatchObject({ code: 'runtime.no-program' });
    await expect(run(specOf('', { artifact: '/srv/gone' }))).rejects.toMatchObject({ code: 'runtime.no-program' });
  });
});
