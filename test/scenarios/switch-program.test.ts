import { cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JournalRecord } from '../../src/model/index.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createDeployment, runOnward, type TestDeployment } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';
import { type SteadyLoad, startSteadyLoad } from '../support/steady-load.ts';

const DIST = resolve(import.meta.dirname, '../../dist');

let server: EmbeddedPostgres;
let tiny: TestDeployment;
let load: SteadyLoad;
/** The command whose switch calls itself version 0.0.9. */
let older = '';
const newer = join(DIST, 'onward.js');

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'switch-program');
  older = await buildOlder();
  await tiny.publish('1.0.0');
  const { exit, stderr } = await run(older, 'provision', '--yes');
  expect(exit, stderr).toBe(0);
  load = startSteadyLoad([tiny.ports.api, tiny.ports.web]);
});
afterAll(async () => {
  await load?.stop();
  await tiny?.remove();
  await server?.remove();
});

const run = (tool: string, ...args: readonly string[]) => start(tool, args);
const start = (tool: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
  runOnward(args, { cwd: join(tiny.folder, 'operator'), tool, environment }).ended;

describe('a switch that another version of Onward has started', () => {
  it('is a warning of the doctor, and a step of every plan', async () => {
    const { version } = JSON.parse(await readFile(join(DIST, '../package.json'), 'utf8'));
    const warning = [
      `warning  The switch runs the program of Onward 0.0.9, and this is Onward ${version}.`,
      '         Run "onward upgrade --version 1.0.0" to bring the switch in line.',
      '',
    ];
    expect(await run(newer, 'doctor')).toEqual({ exit: 0, signal: null, stderr: '', stdout: warning.join('\n') });
    expect((await run(older, 'doctor')).stdout).toMatch(/^Nothing to repair/);
    expect((await run(newer, 'plan')).stdout).toContain(
      `Hand the switch over to Onward ${version}, and check that 1.0.0 works on the expanded schema`,
    );
    expect((await run(older, 'plan')).stdout).not.toContain('switch');
  });

  it('hands over to the one of this version before anything rolls', async () => {
    await tiny.publish('1.1.0', { behaviour: { api: { mark: '1.1.0' } } });
    const { exit, stderr } = await run(newer, 'upgrade', '--yes');
    expect(exit, stderr).toBe(0);
    const keys = (await readNewestJournal()).map(({ kind, key }) => `${kind} ${key}`);
    const [handedOver, rolled] = ['result hand-over:switch', 'intent switch:api'].map((wanted) =>
      keys.findIndex((key) => key.startsWith(wanted)),
    );
    expect(handedOver).toBeGreaterThan(0);
    expect(rolled).toBeGreaterThan(handedOver ?? 0);
    expect((await run(newer, 'doctor')).stdout).toMatch(/^Nothing to repair/);
    await eventually(countSwitches, (count) => count === 1);
  });

  it.each([
    ['before the intent', 'before=intent skew-check hand-over:switch'],
    ['after the intent', 'after=intent skew-check hand-over:switch'],
    ['before the result', 'before=result skew-check hand-over:switch'],
    ['after the result', 'after=result skew-check hand-over:switch'],
  ])('hands over when nothing else is to be done, also when the command is killed %s', async (_, point) => {
    const isOwn = async (tool: string) => (await run(tool, 'doctor')).stdout.startsWith('Nothing to repair');
    const tool = (await isOwn(newer)) ? older : newer;
    const { signal } = await start(tool, ['upgrade', '--yes'], { ONWARD_CRASH: point });
    expect(signal).toBe('SIGKILL');
    const { exit, stderr } = await run(tool, 'upgrade', '--yes');
    expect(exit, stderr).toBe(0);
    expect(await isOwn(tool)).toBe(true);
    expect((await run(tool, 'upgrade', '--yes')).stderr).toContain('Nothing to do');
    await eventually(countSwitches, (count) => count === 1);
  });

  it('goes on, and stops the run before anything rolls, when the one of this version does not start', async () => {
    const broken = join(tiny.folder, 'broken');
    await cp(DIST, broken, { recursive: true });
    await writeFile(join(broken, 'switch.js'), 'process.exit(1);\n');
    await tiny.publish('1.2.0', { behaviour: { api: { mark: '1.2.0' } } });
    const stopped = await run(join(broken, 'onward.js'), 'upgrade', '--yes');
    const why = `Could not hand the switch over to ${broken}/switch.js: it ended at once. The old switch goes on.`;
    expect(stopped.exit, stopped.stderr).toBe(4);
    expect(stopped.stderr.split('✗')[1]?.split('\n')).toEqual([
      ` Check the old release on the expanded schema: ${why}`,
      'Stopped: no service was touched.',
      'error switch.hand-over-failed',
      why,
      '-> Read switch.log in the state directory, then run the same command again.',
      '',
      'Serving: 1.1.0; no service was touched.',
      'Data is safe: migrations that are in the ledger are whole, the others were not applied.',
      '-> Run "onward upgrade" again once the reason is gone.',
      '',
    ]);
    const { exit, stderr } = await run(newer, 'upgrade', '--yes');
    expect(exit, stderr).toBe(0);
    expect(stderr).toContain('Serving: 1.2.0.');
  });

  it('has failed no request meanwhile', async () => {
    const report = await load.stop();
    expect(report.failures).toEqual([]);
    expect(report.carried).toBeGreaterThan(100);
  });
});

/** The command as it is, with another program of the switch. */
async function buildOlder(): Promise<string> {
  const folder = join(tiny.folder, 'older');
  await cp(DIST, folder, { recursive: true });
  const program = join(folder, 'switch.js');
  const { version } = JSON.parse(await readFile(join(DIST, '../package.json'), 'utf8'));
  const text = await readFile(program, 'utf8');
  expect(text).toContain(`"${version}"`);
  await writeFile(program, text.replaceAll(`"${version}"`, '"0.0.9"'));
  return join(folder, 'onward.js');
}

async function readNewestJournal(): Promise<readonly JournalRecord[]> {
  const folder = join(
    tiny.stateDirectory,
    'runs',
    (await readdir(join(tiny.stateDirectory, 'runs'))).sort().at(-1) ?? '',
  );
  const [name = ''] = (await readdir(folder)).filter((each) => each.startsWith('journal-'));
  const text = await readFile(join(folder, name), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as JournalRecord);
}

/** The one from before stays until its clients have left it. */
async function countSwitches(): Promise<number> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
  return all.filter((argv) => argv.includes('switch.js') && argv.includes(tiny.stateDirectory)).length;
}
