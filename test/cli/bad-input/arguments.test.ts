import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/system/index.ts';
import { createDeployment, type TestDeployment } from '../../support/deployment.ts';
import { lines, namesOf, normalise, observe, runRefused, withoutNext } from '../../support/refusal.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'arguments');
  await tiny.publish('1.0.0');
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

const refused = (...args: readonly string[]) => runRefused(tiny, args);

/** One way to say no to arguments: what is wrong, and where the right ones are. */
function usage(problem: string, hint: string) {
  const stderr = lines('error cli.usage', `Could not tell what to do: ${problem}. Nothing has changed.`, `-> ${hint}`);
  return { exit: 2, stdout: '', stderr };
}

describe('arguments', () => {
  let before: Awaited<ReturnType<typeof observe>>;
  beforeAll(async () => {
    before = await observe(tiny);
  });

  it.each([
    [
      ['upgrad'],
      'unknown command "upgrad"',
      'Did you mean "onward upgrade"? Run "onward --help" to see what it takes.',
    ],
    [
      ['help', 'upgrad'],
      'unknown command "upgrad"',
      'Did you mean "onward upgrade"? Run "onward --help" to see what it takes.',
    ],
    [['frobnicate'], 'unknown command "frobnicate"', 'Run "onward --help" to see what it takes.'],
    [
      ['release', 'lst'],
      'unknown command "lst"',
      'Did you mean "onward release list"? Run "onward release --help" to see what it takes.',
    ],
    [
      ['migrate', 'stats'],
      'too many arguments for "migrate": expected 0 arguments but got 1',
      'Did you mean "onward migrate status"? Run "onward migrate --help" to see what it takes.',
    ],
    [['--bogus'], 'unknown option "--bogus"', 'Run "onward --help" to see what it takes.'],
    [
      ['upgrade', '--yess'],
      'unknown option "--yess"',
      'Did you mean "--yes"? Run "onward upgrade --help" to see what it takes.',
    ],
    [['upgrade', '--version'], '--version needs a value', 'Run "onward upgrade --help" to see what it takes.'],
    [
      ['upgrade', 'api', 'web'],
      'too many arguments for "upgrade": expected 1 argument but got 2',
      'Run "onward upgrade --help" to see what it takes.',
    ],
    [
      ['upgrade', '--until', 'never'],
      '--until cannot be "never"; it can be preflight, stage, expand, skew-check, roll, data, postdeploy, verify',
      'Run "onward upgrade --help" to see what it takes.',
    ],
    [
      ['plan', '--rollback', 'all'],
      '--rollback cannot be "all"; it can be run, service, none',
      'Run "onward plan --help" to see what it takes.',
    ],
    [
      ['migrate', '--lock-budget', '50'],
      '--lock-budget cannot be "50"; it must be a duration such as 50ms, 30s or 2m',
      'Run "onward migrate --help" to see what it takes.',
    ],
    [['release', 'build'], '<version> is missing', 'Run "onward release build --help" to see what it takes.'],
    [
      ['release', 'withdraw', '1.0.0'],
      '--reason is missing',
      'Run "onward release withdraw --help" to see what it takes.',
    ],
    [['accept'], '<risk> is missing', 'Run "onward accept --help" to see what it takes.'],
    [['accept', 'slow-vacuum'], '--reason is missing', 'Run "onward accept --help" to see what it takes.'],
    [['accept', 'slow-vacuum', '--list'], '--list stands alone', 'Run "onward accept --help" to see what it takes.'],
    [
      ['accept', 'slow-vacuum', '--reason', 'we know of it', '--until', 'tomorrow'],
      '--until cannot be "tomorrow"; it must be a day such as <date>, or a time from now such as 30d',
      'Run "onward accept --help" to see what it takes.',
    ],
    [
      ['release', 'risk', 'fix', 'slow-vacuum'],
      '--in is missing',
      'Run "onward release risk fix --help" to see what it takes.',
    ],
    [
      ['completion', 'tcsh'],
      '<shell> cannot be "tcsh"; it can be bash, zsh, fish',
      'Run "onward completion --help" to see what it takes.',
    ],
  ])('are refused as one sentence with the command to ask: %j', async (args, problem, hint) => {
    expect(normalise(await tiny.onward(args), namesOf(tiny))).toEqual(usage(problem, hint));
  });

  it('change nothing, not even the state directory, when they are refused', async () => {
    expect(await observe(tiny)).toEqual(before);
  });
});

describe('onward upgrade, plan, rollback and provision', () => {
  it('have nothing to upgrade or to roll back before the first install', async () => {
    const nothing = {
      exit: 1,
      stdout: '',
      stderr: lines(
        'error upgrade.nothing-installed',
        'Could not upgrade: no release is recorded as installed. Nothing has changed.',
        '-> Run "onward provision" to install the first release, or "onward adopt release <version>" to put on record what runs already.',
      ),
    };
    // What the first command that opens a deployment makes: its state directory with a key.
    await tiny.onward(['status']);
    expect(await refused('upgrade', '--yes')).toEqual(nothing);
    expect(await refused('plan')).toEqual(nothing);
    expect(await refused('rollback')).toEqual({
      exit: 1,
      stdout: '',
      stderr: lines(
        'error upgrade.nothing-to-roll-back',
        'Could not roll back: no run is unfinished. A completed release is left only forward, or by restoring a backup. Nothing has changed.',
        '-> Run "onward history" to see the runs.',
      ),
    });
  });

  it('refuse to provision a database that holds something', async () => {
    await tiny.query('create table of_somebody_else (id int)');
    expect(await refused('provision', '--yes')).toEqual({
      exit: 1,
      stdout: '',
      stderr: lines(
        'error upgrade.gate-closed',
        'Could not start: a gate is not open. Nothing has changed.',
        '',
        '  closed   Database core is empty: it holds tables, and no release is recorded as installed; put what runs on record by "onward adopt release", or name an empty database',
        '',
        '-> Run "onward adopt release 1.0.0".',
      ),
    });
    await tiny.query('drop table of_somebody_else');
  });

  it('refuse to provision twice', async () => {
    expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
    expect(await refused('provision', '--yes')).toEqual({
      exit: 1,
      stdout: '',
      stderr: lines(
        'error upgrade.already-installed',
        'Could not provision: release 1.0.0 is installed already. Nothing has changed.',
        '-> Run "onward upgrade" to go to a newer release.',
      ),
    });
  });

  it('show the plan and ask for --yes where nobody can be asked', async () => {
    await tiny.publish('1.1.0', {
      behaviour: { api: { mark: '1.1.0' } },
      migrations: { 'expand/001_add.sql': 'alter table item add column note text;\n' },
    });
    const plan = await tiny.onward(['plan']);
    expect(await refused('upgrade')).toEqual({
      exit: 2,
      stdout: '',
      stderr:
        withoutNext(plan.stdout) +
        lines(
          'error upgrade.not-confirmed',
          'Could not ask whether to start: there is no terminal. Nothing has changed.',
          '-> Run the same command with --yes.',
        ),
    });
  });

  it('name what there is for a version, a channel or a service that there is not', async () => {
    const unknown = (name: string, hint: string) => ({
      exit: 2,
      stdout: '',
      stderr: lines(
        'error release.unknown',
        `Could not find release ${name}: the release source has 1.0.0, 1.1.0, and channels stable (1.1.0). Nothing has changed.`,
        `-> ${hint}`,
      ),
    });
    expect(await refused('upgrade', '--version', '9.9.9', '--yes')).toEqual(
      unknown('9.9.9', 'Run `onward release list` to see what exists.'),
    );
    expect(await refused('plan', '--version', 'stabel')).toEqual(
      unknown('stabel', 'Did you mean stable? Run the command again with it.'),
    );
    expect(await refused('upgrade', 'aip', '--yes')).toEqual({
      exit: 2,
      stdout: '',
      stderr: lines(
        'error upgrade.unknown-service',
        'Could not upgrade aip: onward.yaml has no such service (it has api, web, worker, cron). Nothing has changed.',
        '-> Name one of these services, or none to upgrade all of them.',
      ),
    });
  });

  it('refuse a plan that is none, is not there, or was made for another world', async () => {
    const operator = join(tiny.stateDirectory, '..');
    const unreadable = (name: string, why: string) => ({
      exit: 2,
      stdout: '',
      stderr: lines(
        'error upgrade.unreadable-plan',
        `Could not read the plan ${name}: ${why}. Nothing has changed.`,
        `-> Run "onward plan --out ${name}" to save one.`,
      ),
    });
    await writeFile(join(operator, 'text.json'), 'a plan\n');
    await writeFile(join(operator, 'other.json'), '{"schema":"onward/plan/v1"}\n');
    await mkdir(join(operator, 'folder'));
    expect(await refused('upgrade', '--plan', 'gone.json', '--yes')).toEqual(
      unreadable('gone.json', 'there is no such file'),
    );
    for (const name of ['text.json', 'other.json', 'folder']) {
      expect(await refused('upgrade', '--plan', name, '--yes')).toEqual(unreadable(name, 'it is not a saved plan'));
    }
    await tiny.onward(['plan', '--out', 'plan.json']);
    await tiny.publish('1.1.1', { behaviour: { api: { mark: '1.1.1' } } });
    expect(await refused('upgrade', '--plan', 'plan.json', '--yes')).toEqual({
      exit: 1,
      stdout: '',
      stderr: lines(
        'error upgrade.plan-void',
        'Could not apply the plan plan.json: the world has moved since it was made. Nothing has changed.',
        '-> Run "onward plan --out plan.json" and look at it again.',
      ),
    });
  });

  it('do not put a plan or a version in the place of a run that has not ended', async () => {
    expect((await tiny.onward(['upgrade', '--yes', '--until', 'preflight'])).exit).toBe(5);
    const other = (wanted: string) => ({
      exit: 1,
      stdout: '',
      stderr: lines(
        'error upgrade.other-run-unfinished',
        `Could not start an upgrade to ${wanted}: run <run> from 1.0.0 to 1.1.1 has not ended. Nothing has changed.`,
        '-> Run "onward upgrade" to go on with it, or "onward rollback" to go back.',
      ),
    });
    expect(await refused('upgrade', '--plan', 'plan.json', '--yes')).toEqual(other('1.1.0'));
    expect(await refused('upgrade', '--version', '1.1.0', '--yes')).toEqual(other('1.1.0'));
    expect((await tiny.onward(['upgrade', '--yes'])).exit).toBe(0);
  });

  it('have nothing to roll back once a run is completed', async () => {
    expect(await refused('rollback')).toEqual({
      exit: 1,
      stdout: '',
      stderr: lines(
        'error upgrade.nothing-to-roll-back',
        'Could not roll back: no run is unfinished. A completed release is left only forward, or by restoring a backup. Nothing has changed.',
        '-> Run "onward history" to see the runs.',
      ),
    });
  });

  it('refuse to go down, and name the backup that leads there', async () => {
    const refusal = {
      exit: 1,
      stdout: '',
      stderr: lines(
        'error upgrade.no-path',
        'Could not find a path from 1.1.1 to 1.0.0. Nothing has changed.',
        '',
        '  1.0.0 is older than 1.1.1, and the schema only goes forward',
        '',
        '-> Choose a release that is newer than 1.1.1; to be on 1.0.0 again, restore a backup that was made on it.',
      ),
    };
    expect(await refused('upgrade', '--version', '1.0.0', '--yes')).toEqual(refusal);
    expect(await refused('plan', '--version', 'v1.0.0')).toEqual(refusal);
  });
});
