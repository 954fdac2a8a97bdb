import { spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CommandSpec, createProcessRuntime, type Runtime } from '../../src/deploy/index.ts';
import { createSystem } from '../../src/system/index.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import { eventually } from '../support/eventually.ts';

interface Member {
  readonly name: string;
  readonly create: (stateDirectory: string) => Runtime;
  /** Runs a command from a tool of its own, and gives what kills that tool. */
  readonly runFromTool: (stateDirectory: string, spec: CommandSpec) => { kill(): void };
  /** Whether a process that wrote its number down is alive. */
  readonly isAlive: (pid: number) => boolean;
}

const system = createSystem({ environment: { PATH: process.env.PATH }, onEvent: () => {} });
const programs = { folder: '', tool: '' };

const members: readonly Member[] = [
  {
    name: 'process',
    create: (stateDirectory) => createProcessRuntime(system, { stateDirectory, program: '/nowhere' }),
    runFromTool(stateDirectory, spec) {
      const tool = spawn(process.execPath, [programs.tool, stateDirectory, JSON.stringify(spec)], { stdio: 'ignore' });
      return { kill: () => void tool.kill('SIGKILL') };
    },
    isAlive: (pid) => system.processes.identify(pid) !== undefined,
  },
];

beforeAll(async () => {
  programs.folder = await mkdtemp(join(tmpdir(), 'onward-programs-'));
  programs.tool = await bundleProgram('test/support/command-tool.ts', programs.folder, 'tool');
});
afterAll(() => rm(programs.folder, { recursive: true, force: true }));

describe.each(members)('a command of runtime $name', (member) => {
  let folder: string;
  let runtime: Runtime;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onward-command-'));
    runtime = member.create(folder);
  });
  afterEach(async () => {
    await runtime.endCommands('api', 1_000);
    await rm(folder, { recursive: true, force: true });
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

  /** What a script wrote to a file, once it is there. */
  const written = (name: string) =>
    eventually(
      () => readFile(join(folder, name), 'utf8').catch(() => ''),
      (text) => text.endsWith('\n'),
    );

  const recorded = () => readdir(join(folder, 'commands/api')).catch(() => []);

  it('runs in the artifact, with the environment of the service and nothing of the tool, and says how it ended', async () => {
    const script = 'pwd; echo $OWN $ONWARD_SERVICE $ONWARD_RELEASE $PGAPPNAME $HOME; echo oh >&2; exit 7';
    expect(await run(specOf(script))).toEqual({
      code: 7,
      signal: null,
      said: 'oh',
      output: `${folder}\nof the service api 1.2.0 api@1.2.0\n`,
    });
    expect(await recorded()).toEqual([]);
  });

  it('shows no secret in what it said, and no more than the last of it', async () => {
    system.redaction.add('correct horse');
    const { said } = await run(
      specOf('head -c 100000 /dev/zero | tr "\\0" x >&2; echo; echo "with correct horse" >&2; exit 1'),
    );
    expect(said.length).toBeLessThanOrEqual(8_192);
    expect(said.endsWith('xwith ***')).toBe(true);
  });

  it('gives what it complains of while it runs, as it is', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    const ended = runtime.runCommand(specOf('echo out; echo oh >&2; sleep 60'), {
      onOutput: () => {},
      onErrors: (chunk) => void seen.push(chunk.toString()),
      signal: stop.signal,
    });
    await eventually(
      () => seen.join(''),
      (text) => text === 'oh\n',
    );
    stop.abort(new Error('enough'));
    expect((await ended).said).toBe('oh');
  });

  it('gives what it writes while it runs', async () => {
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

  it('is told to end, and then ended with all that it started', async () => {
    const stop = new AbortController();
    const ended = run(specOf(`trap '' TERM; sleep 600 & echo $! >child; while :; do sleep 600; done`), stop.signal);
    const child = Number(await written('child'));
    stop.abort(new Error('enough'));
    expect(await ended).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(member.isAlive(child)).toBe(false);
    expect(await recorded()).toEqual([]);
  });

  it('leaves nothing of it running once it has ended by itself', async () => {
    await run(specOf('sleep 600 >/dev/null 2>&1 & echo $! >child'));
    expect(member.isAlive(Number(await written('child')))).toBe(false);
  });

  it('is found after its tool was killed, and ended before another one starts in its slot', async () => {
    const slot = { name: 'split', epoch: 1 };
    const tool = member.runFromTool(folder, specOf('echo $$ >first; exec sleep 600', { slot }));
    const first = Number(await written('first'));
    tool.kill();
    const seen = await run(
      specOf(`grep -qs 'State:.[RSDT]' /proc/${first}/status && echo beside || echo alone`, { slot }),
    );
    expect(seen.output).toBe('alone\n');
    expect(member.isAlive(first)).toBe(false);
    expect(await recorded()).toEqual([]);
  });

  it('is ended with the commands of its service, whoever runs it', async () => {
    const ended = run(specOf('echo $$ >first; exec sleep 600', { slot: { name: 'split', epoch: 1 } }));
    await written('first');
    await runtime.endCommands('web', 2);
    expect(await recorded()).toHaveLength(1);
    await runtime.endCommands('api', 2);
    expect(await ended).toMatchObject({ signal: 'SIGTERM' });
  });

  it('that only asks is left alone by others, and ended once its tool is gone', async () => {
    const tool = member.runFromTool(folder, specOf('echo $$ >first; exec sleep 600'));
    const first = Number(await written('first'));
    await runtime.endCommands('api', 2);
    expect(member.isAlive(first)).toBe(true);
    tool.kill();
    await eventually(
      async () => {
        await runtime.endCommands('api', 2);
        return member.isAlive(first);
      },
      (alive) => !alive,
    );
  });

  it('never runs with an epoch that is stale', async () => {
    await runtime.endCommands('api', 5);
    await expect(run(specOf('echo yes >ran', { slot: { name: 'split', epoch: 4 } }))).rejects.toMatchObject({
      code: 'deploy.fenced',
    });
    expect(await readFile(join(folder, 'ran'), 'utf8').catch(() => 'never')).toBe('never');
  });

  it('is refused when its program is not there, or is outside of the artifact', async () => {
    await expect(run(specOf('', { command: ['gone'] }))).rejects.toMatchObject({ code: 'runtime.no-program' });
    await expect(run(specOf('', { command: ['../gone'] }))).rejects.toMatchObject({ code: 'runtime.program-outside' });
    await expect(run(specOf('', { artifact: join(folder, 'gone') }))).rejects.toMatchObject({
      code: 'runtime.no-program',
    });
  });
});
