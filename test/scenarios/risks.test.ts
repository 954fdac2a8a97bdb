import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Acceptance, Plan } from '../../src/model/index.ts';
import { createSystem, type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import {
  acceptRisk,
  type Installation,
  openInstallation,
  prepareContract,
  preparePlan,
  runUpgrade,
  withdrawAcceptance,
} from '../../src/upgrade/index.ts';
import { createDeployment, type TestDeployment } from '../support/deployment.ts';

let server: EmbeddedPostgres;
let tiny: TestDeployment;

const RISK = `risks:
  - id: loses-items
    message: Items without a name are lost.
    url: https://tiny.example/loses-items
    when: [{ kind: sql, database: core, query: "select count(*) > 0 from item where name is null", equals: "true" }]
`;

beforeAll(async () => {
  server = await startEmbeddedPostgres({ isDurable: false });
  tiny = await createDeployment(server, 'risks');
  await tiny.publish('1.0.0');
  expect((await tiny.onward(['provision', '--yes'])).exit).toBe(0);
  await tiny.query('insert into item values (1, null)');
});
afterAll(async () => {
  await tiny?.remove();
  await server?.remove();
});

const system = createSystem({ environment: process.env, onEvent: () => {} });
const programs = { supervisor: resolve('dist/supervisor.js'), switch: resolve('dist/switch.js'), toolVersion: '1.0.0' };

async function withInstallation<T>(work: (installation: Installation) => Promise<T>): Promise<T> {
  const installation = await openInstallation(system, join(tiny.stateDirectory, '..'), programs);
  try {
    return await work(installation);
  } finally {
    await installation.control.close();
  }
}

const plan = (): Promise<Plan> =>
  withInstallation(async (installation) => {
    const { plan: made } = await preparePlan(system, installation, { kind: 'upgrade', rollback: 'run' });
    return made;
  });

const gateOf = ({ gates }: Plan, id: string) => gates.find((gate) => gate.id === id);
const accept = (...args: readonly string[]) => tiny.onward(['accept', ...args]);
const expire = () =>
  tiny.query('update onward.acceptance set until = pg_catalog.clock_timestamp() where withdrawn_at is null');
const REASON = ['--reason', 'all items have names'];

interface Record {
  readonly key: string;
  readonly data: unknown;
}

async function journalOf(run: string): Promise<readonly Record[]> {
  const folder = join(tiny.stateDirectory, 'runs', run);
  const names = (await readdir(folder)).filter((name) => name.startsWith('journal-')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts
    .join('')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('a release with a risk that applies', () => {
  it('is not upgraded to until the risk is accepted, by name and with a reason', async () => {
    await tiny.publish('1.1.0', { details: RISK, behaviour: { cron: { mark: '1.1.0' } } });
    const shown = await tiny.onward(['plan']);
    expect(shown.exit).toBe(1);
    expect(shown.stdout).toContain(
      [
        'closed  Risk loses-items of 1.1.0: Items without a name are lost; it applies here: the query on core gives true; no release is known to fix it; https://tiny.example/loses-items',
        "        onward accept loses-items --reason '...'",
      ].join('\n'),
    );
    const refused = await tiny.onward(['upgrade', '--yes']);
    expect(refused.exit).toBe(1);
    expect(refused.stderr).toContain('error upgrade.gate-closed');

    const wrong = await accept('loses-item', ...REASON);
    expect(wrong.exit).toBe(2);
    expect(wrong.stderr).toContain('error upgrade.unknown-risk');
    expect(wrong.stderr).toContain('-> Did you mean loses-items?');
    await withInstallation(async (installation) => {
      const request = { risk: 'loses-items', reason: 'all items have names' };
      for (const [given, code] of [
        [{ ...request, reason: ' it  is ' }, 'upgrade.short-reason'],
        [{ ...request, until: { at: '2020-01-01T00:00:00.000Z' } }, 'upgrade.end-is-past'],
        [{ ...request, risk: 'unfinished' }, 'upgrade.unknown-risk'],
        [{ ...request, risk: 'database:core' }, 'upgrade.unknown-risk'],
      ] as const)
        await expect(acceptRisk(system, installation, given)).rejects.toMatchObject({ code });
      const withdrawing = withdrawAcceptance(system, installation, 'loses-items');
      await expect(withdrawing).rejects.toMatchObject({ code: 'upgrade.not-accepted' });
    });
    expect((await accept('--list')).stdout).toBe('Nothing was ever accepted.\n');
    expect(gateOf(await plan(), 'risk:loses-items')?.accepted).toBeUndefined();

    const accepted = await accept('loses-items', ...REASON, '--until', '1h');
    expect(accepted.exit, accepted.stderr).toBe(0);
    expect(accepted.stderr).toMatch(/^loses-items accepted by \S+@\S+ until .* UTC: all items have names$/m);
    const passable = await tiny.onward(['plan']);
    expect(passable.exit).toBe(0);
    expect(passable.stdout).toMatch(
      /^accepted Risk loses-items of 1\.1\.0: .*\n {8}accepted by .*: all items have names$/m,
    );
    expect(passable.stdout).toContain('Next: onward upgrade');
  });

  it('is upgraded to then, and the run, its journal and the history say on whose word', async () => {
    const parked = await tiny.onward(['upgrade', '--yes', '--until', 'expand']);
    expect(parked.exit, parked.stderr).toBe(5);
    expect((await tiny.onward(['status'])).stdout).toMatch(/^ {2}loses-items accepted by .*: all items have names$/m);
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    const history = await tiny.onward(['history']);
    expect(history.stdout).toMatch(
      /1\.0\.0 -> 1\.1\.0 .*committed.*\n {4}loses-items accepted by .*: all items have names\n/,
    );
    const [run] = (await tiny.onward(['history', '--json'])).stdout.split('\n').map((line) => line && JSON.parse(line));
    const who = `${userInfo().username}@${hostname()}`;
    expect(run.accepted).toMatchObject([
      { risk: 'loses-items', by: who, reason: 'all items have names', release: '1.1.0' },
    ]);
    const records = (await journalOf(run.run)).filter(({ key }) => key === 'accepted:loses-items');
    expect(records.map(({ data }) => data)).toMatchObject([
      { gate: 'risk:loses-items', state: 'closed', acceptance: { risk: 'loses-items', by: who } },
    ]);
  });

  it('passes the risk on to the next release, where the acceptance counts until it is withdrawn or has expired', async () => {
    await tiny.publish('1.1.1', { behaviour: { cron: { mark: '1.1.1' } } });
    expect(gateOf(await plan(), 'risk:loses-items')).toMatchObject({ state: 'closed', accepted: { release: '1.1.0' } });
    expect((await accept('loses-items', '--withdraw')).exit).toBe(0);
    expect(gateOf(await plan(), 'risk:loses-items')?.accepted).toBeUndefined();
    expect((await accept('loses-items', ...REASON)).exit).toBe(0);
    expect(gateOf(await plan(), 'risk:loses-items')?.accepted).toBeDefined();
    await expire();
    const expired = await plan();
    expect(gateOf(expired, 'risk:loses-items')?.accepted).toBeUndefined();
    expect((await tiny.onward(['upgrade', '--yes'])).exit).toBe(1);
    expect((await accept('--list')).stdout).toMatch(/^withdrawn {2}loses-items .*\nexpired {4}loses-items .*\n$/);
  });

  it('is closed again under the lease when the acceptance expires after the plan was agreed to', async () => {
    expect((await accept('loses-items', ...REASON)).exit).toBe(0);
    const before = await readdir(join(tiny.stateDirectory, 'runs'));
    const upgrading = withInstallation((installation) =>
      runUpgrade(system, installation, {
        kind: 'upgrade',
        rollback: 'run',
        pause: new AbortController().signal,
        confirm: async ({ gates }) => {
          expect(gates.find(({ id }) => id === 'risk:loses-items')?.accepted).toBeDefined();
          await expire();
          return true;
        },
      }),
    );
    await expect(upgrading).rejects.toMatchObject({
      code: 'upgrade.world-moved',
      detail: expect.stringContaining('Risk loses-items'),
    });
    expect(await readdir(join(tiny.stateDirectory, 'runs'))).toEqual(before);
  });

  it('stops a run that was parked before it rolled when the acceptance expires, and asks nothing more once it has rolled', async () => {
    expect((await accept('loses-items', ...REASON)).exit).toBe(0);
    expect((await tiny.onward(['upgrade', '--yes', '--until', 'expand'])).exit).toBe(5);
    await expire();
    const stopped = await tiny.onward(['upgrade', '--yes']);
    expect(stopped.exit).toBe(1);
    expect(stopped.stderr).toContain('error upgrade.gate-closed');
    expect((await accept('loses-items', ...REASON)).exit).toBe(0);
    expect((await tiny.onward(['upgrade', '--yes', '--until', 'roll'])).exit).toBe(5);
    await expire();
    const done = await tiny.onward(['upgrade', '--yes']);
    expect(done.exit, done.stderr).toBe(0);
    expect(done.stderr).toContain('Serving: 1.1.1.');
  });

  it('has to be accepted again when what is known of the risk changes, and not when the risk does not apply any more', async () => {
    await tiny.publish('1.1.2', { behaviour: { cron: { mark: '1.1.2' } } });
    expect((await accept('loses-items', ...REASON)).exit).toBe(0);
    const source = join(tiny.folder, 'releases');
    const file = join(tiny.folder, 'risk.yaml');
    const text = RISK.replace('risks:\n  - id', '    id').replace('lost.', 'lost for good.').replaceAll(/^ {4}/gm, '');
    await writeFile(file, `${text}affects: ">=1.1.0"\n`);
    expect((await tiny.onward(['release', 'risk', 'remove', 'loses-items', '--source', source])).exit).toBe(0);
    const added = await tiny.onward(['release', 'risk', 'add', file, '--source', source]);
    expect(added.stderr).toBe(
      'Risk loses-items is known. Releases that have it: 1.1.0, 1.1.1, 1.1.2, and every later one until one fixes it.\n',
    );
    expect(gateOf(await plan(), 'risk:loses-items')).toMatchObject({
      state: 'closed',
      evidence: expect.stringContaining('for good'),
    });
    expect(gateOf(await plan(), 'risk:loses-items')?.accepted).toBeUndefined();
    await tiny.query("update item set name = 'first'");
    expect(gateOf(await plan(), 'risk:loses-items')).toMatchObject({
      state: 'open',
      evidence: 'it does not apply: the query on core gives false, not true',
    });
    expect((await tiny.onward(['upgrade', '--yes'])).exit).toBe(0);
    const accepted = (await tiny.onward(['accept', '--list', '--json'])).stdout.trimEnd().split('\n');
    const risks = accepted.map((line) => JSON.parse(line) as Acceptance & { state: string });
    expect(risks.at(-1)).toMatchObject({ risk: 'loses-items', state: 'counts' });
  });
});

describe('a stop that has a condition', () => {
  it('is on the path only where the condition applies here', async () => {
    await tiny.publish('1.2.0', { behaviour: { cron: { mark: '1.2.0' } } });
    await tiny.publish('1.3.0', {
      behaviour: { cron: { mark: '1.3.0' } },
      details: `stops:
  - id: named
    satisfiedBy: ">=1.2.0 <1.3.0"
    reason: 1.2.0 names what has no name
    when: [{ kind: sql, database: core, query: "select count(*) from item where name = 'unnamed'", equals: "1" }]
`,
    });
    const direct = await plan();
    expect(direct.hops.map(({ to }) => to)).toEqual(['1.3.0']);
    expect(direct.findings.map(({ message }) => message)).toContain(
      'Stop named of 1.3.0 does not apply: the query on core gives 0, not 1.',
    );
    await tiny.query("update item set name = 'unnamed'");
    const stopping = await plan();
    expect(stopping.hops.map(({ to }) => to)).toEqual(['1.2.0', '1.3.0']);
    expect(stopping.hops[0]?.stop).toEqual({ id: 'named', reason: '1.2.0 names what has no name' });
    expect(stopping.findings.map(({ message }) => message)).toContain(
      'Stop named of 1.3.0 applies: the query on core gives 1.',
    );
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect((await tiny.onward(['history'])).stdout).toMatch(/1\.2\.0 -> 1\.3\.0 [\s\S]*-> 1\.2\.0 /);
  });
});

describe('a risk that ends with a data migration', () => {
  it('is unknown before the release that declares it, applies until the rows are moved, and does not apply then', async () => {
    await tiny.publish('1.4.0', {
      behaviour: { cron: { mark: '1.4.0' } },
      details: `dataMigrations:
  - { id: fill, database: core, table: item, key: id, set: name = 'filled', where: name = 'old', verify: select count(*) from item where name = 'old', before: contract }
`,
    });
    await tiny.publish('1.5.0', {
      behaviour: { cron: { mark: '1.5.0' } },
      details:
        'risks: [{ id: unfilled, message: It takes long., when: [{ kind: dataMigration, id: fill, is: incomplete }] }]\n',
    });
    await tiny.query("insert into item values (2, 'old')");
    expect(gateOf(await plan(), 'risk:unfilled')).toMatchObject({
      state: 'unknown',
      evidence: expect.stringContaining('Could not find data migration fill'),
    });
    const upgraded = await tiny.onward(['upgrade', '--yes', '--version', '1.4.0']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    expect(gateOf(await plan(), 'risk:unfilled')).toMatchObject({
      state: 'closed',
      evidence: expect.stringContaining('data migration fill is pending'),
    });
    const filled = await tiny.onward(['data-migrate', 'run', 'fill']);
    expect(filled.exit, filled.stderr).toBe(0);
    expect(gateOf(await plan(), 'risk:unfilled')).toMatchObject({
      state: 'open',
      evidence: 'it does not apply: data migration fill is completed',
    });
  });
});

describe('a gate of a contract run that offers to be accepted', () => {
  it('is passed by an acceptance of its own name alone', async () => {
    await tiny.publish('1.6.0', {
      behaviour: { cron: { mark: '1.6.0' } },
      migrations: {
        'expand/001_note.sql': 'alter table item add column note text;\n',
        'contract/001_name.sql': 'alter table item drop column name;\n',
      },
    });
    await tiny.query("update item set name = 'unnamed'");
    const upgraded = await tiny.onward(['upgrade', '--yes']);
    expect(upgraded.exit, upgraded.stderr).toBe(0);
    const backup = () =>
      withInstallation(async (installation) => {
        const { plan: made } = await prepareContract(system, installation, {});
        return made.gates.find(({ id }) => id === 'backup:core');
      });
    expect(await backup()).toMatchObject({ state: 'closed', risk: 'no-backup' });
    const wrong = await accept('no-bakup', '--reason', 'it is copied nightly');
    expect(wrong.stderr).toContain('-> Did you mean no-backup?');
    const accepted = await accept('no-backup', '--reason', 'it is copied nightly');
    expect(accepted.exit, accepted.stderr).toBe(0);
    expect((await backup())?.accepted).toMatchObject({
      risk: 'no-backup',
      release: '1.6.0',
      reason: 'it is copied nightly',
    });
  });
});
