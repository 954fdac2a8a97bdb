/**
 * What every runtime does alike with commands: `describeCommands(member)`. Commands are shell scripts that leave files where they run, so that
 * a test sees how far they are, and the numbers of their processes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CommandSpec, Runtime } from '../../src/deploy/index.ts';
import type { System } from '../../src/system/index.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import { eventually } from '../support/eventually.ts';

export interface CommandMember {
  readonly name: 'process' | 'compose' | 'ssh';
  /** What a component of it is: of a folder, commands run in it and are programs of it. */
  readonly artifact: 'folder' | 'image';
  /** Of the tool, for `open`; its environment has OF_TOOL. */
  readonly system: System;
  /** A runtime whose state is in a folder, empty the first time. */
  open(folder: string): Promise<Runtime>;
  /** The options with which it was opened, for a tool in a process of its own. */
  options(folder: string): object;
  /** A command of service `api` that runs a shell script, in a folder of its own. */
  specOf(folder: string, script: string, more?: Partial<CommandSpec>): CommandSpec;
  /** What a script wrote to a file; empty when it is not there. */
  read(folder: string, name: string): Promise<string>;
  /** Which of these processes are alive; a zombie is not. */
  aliveOf(pids: readonly number[]): Promise<readonly number[]>;
  /** What is on record of the commands of service `api`. */
  recorded(folder: string): Promise<readonly string[]>;
  /** Forgets whatever is left of one test. */
  clear(folder: string): Promise<void>;
}

/** The environment of a tool, of which a command must not have the last. */
export const TOOL_ENVIRONMENT = { ...process.env, OF_TOOL: 'of the tool' };

/** A command that runs a shell script in a folder. */
export function commandSpecOf(folder: string, script: string, more: Partial<CommandSpec> = {}): CommandSpec {
  return {
    service: 'api',
    release: '1.2.0',
    artifact: folder,
    command: ['/bin/sh', '-c', script],
    environment: { OWN: 'of the service' },
    graceMs: 300,
    ...more,
  };
}

export function describeCommands(member: CommandMember): void {
  describe(`a command of runtime ${member.name}, as of all of them`, () => {
    let programs: string;
    let tool: string;
    let folder: string;
    let runtime: Runtime;
    let tools: ChildProcess[];

    beforeAll(async () => {
      programs = await mkdtemp(join(tmpdir(), 'onward-programs-'));
      tool = await bundleProgram('test/support/command-tool.ts', programs, 'tool');
    });
    afterAll(() => rm(programs, { recursive: true, force: true }));
    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'onward-command-'));
      runtime = await member.open(folder);
      tools = [];
    });
    afterEach(async () => {
      for (const each of tools) each.kill('SIGKILL');
      await runtime.endCommands('api', 1_000);
      await member.clear(folder);
      await rm(folder, { recursive: true, force: true });
    });

    const specOf = (script: string, more: Partial<CommandSpec> = {}) => member.specOf(folder, script, more);

    async function run(spec: CommandSpec, signal = new AbortController().signal) {
      const chunks: Buffer[] = [];
      const end = await runtime.runCommand(spec, { onOutput: (chunk) => void chunks.push(chunk), signal });
      return { ...end, output: Buffer.concat(chunks).toString('utf8') };
    }

    /** Runs a command from a tool of its own, which is killed by SIGKILL. */
    function runFromTool(spec: CommandSpec): { kill(): void } {
      const argv = [tool, member.name, JSON.stringify(member.options(folder)), JSON.stringify(spec)];
      const child = spawn(process.execPath, argv, { stdio: 'ignore', env: TOOL_ENVIRONMENT });
      tools.push(child);
      return { kill: () => void child.kill('SIGKILL') };
    }

    /** The number that a script wrote to a file, once it is there. */
    const written = async (name: string) =>
      Number(
        await eventually(
          () => member.read(folder, name),
          (text) => text.endsWith('\n'),
          20_000,
        ),
      );
    const isAlive = async (pid: number) => (await member.aliveOf([pid])).length > 0;
    const recorded = () => member.recorded(folder);

    it('runs in its place, with its words, the environment of the service and nothing of the tool, and says how it ended', async () => {
      const script =
        'pwd; echo $OWN $ONWARD_SERVICE $ONWARD_RELEASE $PGAPPNAME $OF_TOOL; echo "$0" "$1"; echo oh >&2; exit 7';
      const spec = specOf(script);
      const command = [...spec.command, `it's`, `$OWN "%n"`];
      const place = member.artifact === 'folder' ? spec.artifact : folder;
      expect(await run({ ...spec, command })).toEqual({
        code: 7,
        signal: null,
        said: 'oh',
        output: `${place}\nof the service api 1.2.0 api@1.2.0\nit's $OWN "%n"\n`,
      });
      expect(await recorded()).toEqual([]);
    });

    it('shows no secret in what it said, and no more than the last of it', async () => {
      member.system.redaction.add('correct horse');
      const { said } = await run(
        specOf('head -c 100000 /dev/zero | tr "\\0" x >&2; echo; echo "with correct horse" >&2; exit 1'),
      );
      expect(said.length).toBeLessThanOrEqual(8_192);
      expect(said.endsWith('xwith ***')).toBe(true);
    });

    it('gives what it writes and complains of while it runs, as it is, and ends when it is told to', async () => {
      const stop = new AbortController();
      const seen = { output: '', errors: '' };
      const ended = runtime.runCommand(specOf('echo out; echo oh >&2; sleep 60'), {
        onOutput: (chunk) => {
          seen.output += chunk;
        },
        onErrors: (chunk) => {
          seen.errors += chunk;
        },
        signal: stop.signal,
      });
      await eventually(
        () => seen,
        ({ output, errors }) => output === 'out\n' && errors === 'oh\n',
        20_000,
      );
      stop.abort(new Error('enough'));
      expect(await ended).toEqual({ code: null, signal: 'SIGTERM', said: 'oh' });
    });

    it('is told to end, and then ended with all that it started', async () => {
      const stop = new AbortController();
      const ended = run(specOf(`trap '' TERM; sleep 600 & echo $! >child; while :; do sleep 600; done`), stop.signal);
      const child = await written('child');
      stop.abort(new Error('enough'));
      expect(await ended).toMatchObject({ code: null, signal: 'SIGKILL' });
      expect(await isAlive(child)).toBe(false);
      expect(await recorded()).toEqual([]);
    });

    it('leaves nothing of it running once it has ended by itself', async () => {
      await run(specOf('sleep 600 >/dev/null 2>&1 & echo $! >child'));
      expect(await isAlive(await written('child'))).toBe(false);
    });

    it('is found after its tool was killed, and ended before another one starts in its slot', async () => {
      const slot = { name: 'split', epoch: 1 };
      const tool = runFromTool(specOf('echo $$ >first; exec sleep 600', { slot }));
      const first = await written('first');
      tool.kill();
      const seen = await run(
        specOf(`grep -qs 'State:.[RSDT]' /proc/${first}/status && echo beside || echo alone`, { slot }),
      );
      expect(seen.output).toBe('alone\n');
      expect(await isAlive(first)).toBe(false);
      await eventually(recorded, (names) => names.length === 0);
    });

    it('is ended with the commands of its service, whoever runs it; one that only asks once its tool is gone', async () => {
      const ended = run(specOf('echo $$ >first; exec sleep 600', { slot: { name: 'split', epoch: 1 } }));
      // Two calls of Compose at once each make the network of a project that has none, and are refused for it.
      const first = await written('first');
      const asking = runFromTool(specOf('echo $$ >asks; exec sleep 600'));
      const asks = await written('asks');
      await runtime.endCommands('web', 2);
      expect(await member.aliveOf([first, asks])).toEqual([first, asks]);
      await runtime.endCommands('api', 2);
      expect(await ended).toMatchObject({ signal: 'SIGTERM' });
      expect(await isAlive(asks)).toBe(true);
      asking.kill();
      await eventually(
        async () => {
          await runtime.endAbandonedCommands('api');
          return isAlive(asks);
        },
        (alive) => !alive,
      );
    });

    it('never runs with an epoch that is stale', async () => {
      await runtime.endCommands('api', 5);
      await expect(run(specOf('echo yes >ran', { slot: { name: 'split', epoch: 4 } }))).rejects.toMatchObject({
        code: 'deploy.fenced',
      });
      expect(await member.read(folder, 'ran')).toBe('');
    });

    it('is refused when its program is not there', async () => {
      await expect(run(specOf('', { command: ['gone'] }))).rejects.toMatchObject({ code: 'runtime.no-program' });
    });

    if (member.artifact === 'folder')
      it('is refused when its program is outside of the artifact, or that is not there', async () => {
        const { artifact } = specOf('');
        await expect(run(specOf('', { command: ['../gone'] }))).rejects.toMatchObject({
          code: 'runtime.program-outside',
        });
        await expect(run(specOf('', { artifact: join(artifact, 'gone') }))).rejects.toMatchObject({
          code: 'runtime.no-program',
        });
      });
  });
}
