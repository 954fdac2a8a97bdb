import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../test/support/bundle-program.ts';
import { eventually } from '../../test/support/eventually.ts';
import { aliveOf } from '../../test/support/instances.ts';
import { createProcesses } from './processes.ts';

const processes = createProcesses();
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-gate-'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

const start = (argv: readonly string[], more: { logLimitBytes?: number; logFile?: string } = {}) =>
  processes.startGated({
    argv,
    cwd: folder,
    environment: { PATH: process.env.PATH },
    logFile: join(folder, 'output.log'),
    logLimitBytes: 1_000_000,
    ...more,
  });
const log = (suffix = '') => readFile(join(folder, `output.log${suffix}`), 'utf8');

describe('startGated()', () => {
  it('runs the program only once it is let, under the identity it had before', async () => {
    const gated = await start(['sh', '-c', 'echo $$ $# "$1"', 'sh', 'a "b" $c']);
    expect(processes.isAtGate(gated.identity)).toBe(true);
    expect(await readdir(folder)).not.toContain('output.log.1');
    gated.release();
    expect(await gated.ended).toEqual({ code: 0, signal: null });
    await gated.outputEnded;
    expect(await log()).toBe(`${gated.identity.pid} 1 a "b" $c\n`);
  });

  it('never runs a program that is given up', async () => {
    const gated = await start(['touch', 'it-ran']);
    gated.abandon();
    expect(await gated.ended).toEqual({ code: 125, signal: null });
    expect(await readdir(folder)).not.toContain('it-ran');
  });

  it('never runs a program whose starter is killed before it lets it', async () => {
    const holder = await bundleProgram('test/support/gate-holder.ts', folder, 'holder');
    const starter = spawn(process.execPath, [holder, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [chunk] = await once(starter.stdout, 'data');
    const pid = Number(String(chunk));
    expect(await aliveOf([pid])).toEqual([pid]);
    starter.kill('SIGKILL');
    await eventually(
      () => aliveOf([pid]),
      (alive) => alive.length === 0,
    );
    expect(await readdir(folder)).not.toContain('it-ran');
  });

  it('tells how the program ended', async () => {
    const [exited, killed] = await Promise.all([start(['sh', '-c', 'exit 9']), start(['sleep', '60'])]);
    exited.release();
    expect(await exited.ended).toEqual({ code: 9, signal: null });
    killed.release();
    processes.signalGroup(killed.identity, 'SIGKILL');
    expect(await killed.ended).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('refuses a working folder that is not there', async () => {
    const options = { argv: ['true'], cwd: join(folder, 'nowhere'), environment: {}, logLimitBytes: 1 };
    await expect(processes.startGated({ ...options, logFile: join(folder, 'output.log') })).rejects.toThrow('ENOENT');
  });
});

describe('the log of a gated process', () => {
  it('changes files at its limit, keeps three, and loses no line', async () => {
    const limit = 100_000;
    const gated = await start(['seq', '-f', 'line %06.0f', '1', '30000'], { logLimitBytes: limit });
    gated.release();
    await gated.outputEnded;
    const texts = [await log('.2'), await log('.1'), await log()];
    expect(texts.slice(0, 2).map((text) => text.length)).toEqual([limit, limit]);
    expect((await readdir(folder)).sort()).toEqual(['output.log', 'output.log.1', 'output.log.2']);
    const lines = texts.join('').trimEnd().split('\n').slice(1);
    const first = Number(lines[0]?.slice(5));
    expect(lines).toEqual(Array.from(lines, (_, index) => `line ${String(first + index).padStart(6, '0')}`));
    expect(lines.at(-1)).toBe('line 030000');
  });

  it('goes on behind what is there, line by line as they come, readable by its owner only', async () => {
    const first = await start(['echo', 'first']);
    first.release();
    await first.outputEnded;
    const second = await start(['sh', '-c', 'echo second; echo third >&2; sleep 60']);
    second.release();
    await eventually(log, (text) => text === 'first\nsecond\nthird\n');
    processes.signalGroup(second.identity, 'SIGKILL');
    await second.outputEnded;
    expect((await stat(join(folder, 'output.log'))).mode & 0o777).toBe(0o600);
  });

  it('does not make the program wait when it cannot be written', async () => {
    const gated = await start(['seq', '1', '200000'], { logFile: join(folder, 'nowhere', 'output.log') });
    gated.release();
    expect(await gated.ended).toEqual({ code: 0, signal: null });
    await gated.outputEnded;
  });
});

describe('signalGroup()', () => {
  it('reaches descendants that the leader left behind, and those in groups of their own', async () => {
    // `set -m` gives each background job a process group of its own.
    const script = 'set -m; sleep 62.5 & echo $!; set +m; sleep 63.5 & echo $!; exit 0';
    const gated = await start(['bash', '-c', script]);
    gated.release();
    await gated.ended;
    // The log is made when something is written.
    const text = await eventually(
      () => log().catch(() => ''),
      (written) => written.split('\n').length === 3,
    );
    const left = text.trim().split('\n').map(Number);
    expect(await aliveOf(left)).toEqual(left);
    expect(processes.state(gated.identity)).toBe('dead');
    expect(processes.groupState(gated.identity)).toBe('alive');
    processes.signalGroup(gated.identity, 'SIGKILL');
    await eventually(
      () => processes.groupState(gated.identity),
      (state) => state === 'dead',
    );
    expect(await aliveOf(left)).toEqual([]);
    expect(processes.signalGroup(gated.identity, 'SIGKILL')).toBe(false);
  });

  it('leaves a process alone that has the number by now, or that cannot be seen from here', () => {
    const self = processes.self();
    expect(processes.groupState({ ...self, startTicks: '1' })).toBe('dead');
    expect(processes.signalGroup({ ...self, startTicks: '1' }, 'SIGKILL')).toBe(false);
    expect(processes.signalGroup({ ...self, boot: 'of-yesterday' }, 'SIGKILL')).toBe(false);
    expect(processes.groupState({ ...self, namespace: 'pid:[1]' })).toBe('unknown');
    expect(processes.signalGroup({ ...self, namespace: 'pid:[1]' }, 'SIGKILL')).toBe(false);
  });
});
