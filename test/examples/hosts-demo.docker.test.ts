import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { findFaults, type Summary } from '../../examples/hosts/demo/summary.mjs';
import { findDisturbed } from '../../examples/hosts/demo/units.mjs';
import type { EmbeddedPostgres } from '../../src/system/index.ts';
import { startPostgresFor } from '../support/hosts-postgres.ts';
import { type Hosts, startHosts } from '../support/systemd-hosts.ts';
import { type Demo, endDemo, parseSummary, startDemo } from './demo.ts';

const NAMES = ['eu-1', 'eu-2', 'us-1'];
let folder: string;
let hosts: Hosts;
let server: EmbeddedPostgres;
let database: string;
let sshConfig: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-hosts-example-'));
  hosts = await startHosts(NAMES.length);
  const started = await startPostgresFor(hosts);
  server = started.server;
  const client = new pg.Client(`${server.url}/postgres`);
  await client.connect();
  await client.query('create database shop');
  await client.end();
  database = `postgres://postgres@${started.address}:${server.port}/shop`;
  sshConfig = join(folder, 'ssh_config');
  const text = await readFile(hosts.sshConfig, 'utf8');
  await writeFile(
    sshConfig,
    NAMES.reduce((all, name, i) => all.replace(`Host host${i + 1}\n`, `Host ${name}\n`), text),
  );
});
afterAll(async () => {
  await hosts?.close();
  await server?.remove();
  await rm(folder, { recursive: true, force: true });
});

describe('examples/hosts/demo.mjs', () => {
  let demo: Demo | undefined;

  afterEach(async () => {
    if (demo) await endDemo(demo);
    demo = undefined;
  });

  it('goes to 1.2.0 and back from 1.3.0 on three hosts without a failed request, and restarts nothing that a release carries', async () => {
    const args = ['--ssh-config', sshConfig, '--database', database, '--json', '--calm', '0.5', '--rate', '20'];
    demo = await startDemo('hosts/demo.mjs', { args });
    const { exit, stdout, stderr } = await demo.ended;
    const summary = parseSummary<Summary>(stdout);
    expect(summary, stderr).toMatchObject({
      regions: [
        { region: 'api-eu', failed: 0, failures: [] },
        { region: 'api-us', failed: 0, failures: [] },
      ],
      ...{ lostWrites: 0, doubledWrites: 0, schedulerOverlaps: 0 },
      ...{ release: '1.2.0', rolledBack: '1.3.0', disturbed: [], notBack: [] },
    });
    for (const { carried } of summary.regions) expect(carried).toBeGreaterThan(200);
    expect(summary.units).toEqual([
      expect.stringMatching(/^eu-1 api-eu@api-eu-1\.2\.0-/),
      'eu-1 worker.service',
      expect.stringMatching(/^eu-2 api-eu@api-eu-1\.2\.0-/),
      'eu-2 worker.service',
      expect.stringMatching(/^us-1 api-us@api-us-1\.2\.0-/),
      'us-1 scheduler.service',
      'us-1 worker.service',
    ]);
    expect(exit).toBe(0);
    expect(await readdir(demo.temporary)).toEqual([]);
    for (const host of hosts.list) expect(await host.exec(['sh', '-c', RUNNING])).toBe('');
  }, 400_000);

  it('says what it needs where it finds a shop of before, or nobody, and makes nothing', async () => {
    await hosts.list[0]?.exec(['mkdir', '-p', '/var/lib/onward/shop']);
    for (const [config, said] of [
      [
        sshConfig,
        /^This demo needs hosts that had no shop before: remove \/var\/lib\/onward\/shop from (eu|us)-\d\.\n$/,
      ],
      ['/dev/null', /^This demo needs (eu|us)-\d, as "ssh -F \/dev\/null (eu|us)-\d" reaches it: .*\n$/],
    ] as const) {
      demo = await startDemo('hosts/demo.mjs', { args: ['--ssh-config', config, '--database', database] });
      const { exit, stderr } = await demo.ended;
      expect(stderr).toMatch(said);
      expect(exit).toBe(2);
      expect(await readdir(demo.temporary)).toEqual([]);
      await endDemo(demo);
    }
  });
});

const RUNNING = 'systemctl list-units --plain --no-legend --state=active "api-*" "worker*" "scheduler*"';

describe('findFaults()', () => {
  const region = { region: 'api-eu', carried: 10, failed: 0, failures: [] };
  const good: Summary = {
    release: '1.2.0',
    rolledBack: '1.3.0',
    regions: [region],
    ...{ acknowledgedOrders: 2, lostWrites: 0, doubledWrites: 0, schedulers: 2, schedulerOverlaps: 0 },
    disturbed: [],
    notBack: [],
    units: [],
    runs: [],
  };

  it.each([
    [{}, []],
    [{ regions: [{ ...region, failed: 1 }] }, ['1 requests to api-eu failed']],
    [{ regions: [{ ...region, carried: 0 }] }, ['there were no requests to api-eu']],
    [{ disturbed: ['us-1 worker.service'] }, ['us-1 worker.service should not have been touched']],
    [{ notBack: ['eu-1 a.service', 'eu-2 a.service'] }, ['eu-1 a.service, eu-2 a.service did not come back']],
    [{ release: '1.1.0' }, ['the shop is on 1.1.0, not on 1.2.0']],
  ])('of %j finds %j', (change, faults) => {
    expect(findFaults({ ...good, ...change })).toEqual(faults);
  });
});

describe('findDisturbed()', () => {
  const worker = { host: 'us-1', unit: 'worker.service', process: '7@100' };
  const api = { host: 'us-1', unit: 'api-us@api-us-1.0.0-a-1.service', process: '8@100' };

  it.each([
    ['nothing where all is as it was', [worker, api], []],
    ['nothing where only what may change did', [worker, { ...api, unit: 'api-us@api-us-1.1.0-b-1.service' }], []],
    [
      'a unit that was started again under the same number',
      [{ ...worker, process: '7@200' }, api],
      ['us-1 worker.service'],
    ],
    ['a unit that is gone', [api], ['us-1 worker.service']],
    ['a unit that was not there', [worker, api, { ...worker, host: 'eu-1' }], ['eu-1 worker.service']],
  ])('finds %s', (_, after, found) => {
    expect(findDisturbed([worker, api], after, ['api-us'])).toEqual(found);
  });
});
