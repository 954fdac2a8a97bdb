import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedPostgres } from '../../src/system/index.ts';
import { startHaproxy, type TestHaproxy } from '../support/haproxy.ts';
import { createHostsDeployment, type HostsDeployment } from '../support/hosts-deployment.ts';
import { startPostgresFor } from '../support/hosts-postgres.ts';
import { startSteadyLoad } from '../support/steady-load.ts';
import { type Host, type Hosts, startHosts } from '../support/systemd-hosts.ts';
import { installByHand } from '../support/units-of-before.ts';

const ROWS = 40;

let server: EmbeddedPostgres;
let hosts: Hosts;
let proxy: TestHaproxy;
let tiny: HostsDeployment;
let database: pg.Client;

beforeAll(async () => {
  [hosts, proxy] = await Promise.all([startHosts(2), startHaproxy()]);
  ({ server } = await startPostgresFor(hosts));
  tiny = await createHostsDeployment(server, {
    hosts,
    search: 'atOnce: 2',
    searchSwitch: proxy.switchTo('onward-search'),
  });
  await tiny.writeDeployment((text) =>
    text.replace('port: 8070,', 'port: 8070, atOnce: 2,').replaceAll('readyTimeout: 10s', 'readyTimeout: 30s'),
  );
  await mkdir(join(tiny.vendor, 'migrations', '1.0.0', 'expand'), { recursive: true });
  await writeFile(
    join(tiny.vendor, 'migrations', '1.0.0', 'expand', '20250101000000_item.sql'),
    'create table item (id bigint generated always as identity primary key, name text not null);\n',
  );
  await tiny.publish('1.0.0', { search: { mark: 'before' }, index: { mark: 'before' } });
  database = new pg.Client(`${server.url}/${tiny.database}`);
  await database.connect();
  await install();
});
afterAll(async () => {
  await database?.end();
  try {
    await tiny?.remove();
  } finally {
    await proxy?.remove();
    await hosts?.close();
    await server?.remove();
  }
});

/** As others do without Onward: a schema with rows and dbmate's ledger, and units. */
async function install(): Promise<void> {
  await database.query(`
    create table item (id bigint generated always as identity primary key, name text not null);
    create table schema_migrations (version varchar primary key);
    insert into schema_migrations values ('20250101000000');
    insert into item (name) select 'row ' || n from generate_series(1, ${ROWS}) n;`);
  await Promise.all(hosts.list.map((host) => installByHand(host, tiny)));
}

describe('onward provision, where units run already', () => {
  it('starts nothing beside them', async () => {
    const { exit, stderr } = await tiny.onward(['provision', '--yes']);
    expect(exit).toBe(1);
    expect(stderr).toContain(
      'Onward has not started: index.service, search@8085.service on host1; index.service, search@8085.service on host2.',
    );
    expect(stderr).toContain('Database core is empty: it holds tables, and no release is recorded as installed;');
  });
});

describe('onward adopt release, of units that Onward has not started', () => {
  it('refuses files that are not the release’s, and names them', async () => {
    expect((await tiny.onward(['adopt', 'ledger', '--yes'])).exit).toBe(0);
    await hostAt(1).exec(['sh', '-c', 'echo "// mine" >>/srv/search/releases/41/main.mjs']);
    const { exit, stdout, stderr } = await tiny.onward(['adopt', 'release', '1.0.0', '--yes']);
    expect(stderr).toContain('What runs is not 1.0.0. Nothing was recorded.');
    expect(exit).toBe(1);
    expect(stdout).toContain(
      'host2: search@8085.service of search is not what 1.0.0 ships: main.mjs in /srv/search/releases/41 is missing or not the same.',
    );
    expect(stdout).not.toContain('of index is not');
    expect(await hostAt(0).exec(['ls', `/var/lib/onward/${tiny.name}/instances`])).toBe('');
  });

  it('refuses files that were put in place behind the back of what runs', async () => {
    await hostAt(1).exec(['sed', '-i', '$d', '/srv/search/releases/41/main.mjs']);
    const { exit, stdout } = await tiny.onward(['adopt', 'release', '1.0.0', '--yes']);
    expect(exit).toBe(1);
    expect(stdout).toContain('main.mjs in /srv/search/releases/41 has changed since it was started');
    await hostAt(1).exec(['systemctl', 'restart', 'search@8085']);
  });

  it('records what was compared file by file, says what stands beside it, and touches nothing', async () => {
    const before = await Promise.all(hosts.list.map(processesOf));
    const { exit, stdout, stderr } = await tiny.onward(['adopt', 'release', '1.0.0', '--yes']);
    expect(exit, stderr).toBe(0);
    expect(stdout).toMatch(/^service +search: 2 are sha256:/m);
    expect(stdout).toContain('host1: search@8085.service: every file of /srv/search/releases/41 is the release');
    expect(stdout).toContain(
      "warning   adopt.more-files: Beside the release's files host1: index.service of index has local.json. Instances that Onward makes will not have it.",
    );
    expect(await Promise.all(hosts.list.map(processesOf))).toEqual(before);
    const status = await tiny.onward(['status']);
    expect(status.stdout).toMatch(/search.*2 x not made by Onward/);
    expect((await tiny.onward(['adopt', 'release', '1.0.0'])).stderr).toContain('It is on record that 1.0.0 runs.');
  });

  it('takes back its word once the files are others, until they are compared again', async () => {
    await hostAt(0).exec(['touch', '/srv/index/main.mjs']);
    const { exit, stderr } = await tiny.onward(['upgrade', '--version', '1.0.0', '--yes']);
    expect(exit).toBe(1);
    expect(stderr).toContain('1.0.0 is recorded, but index runs something else');
    await hostAt(0).exec(['systemctl', 'restart', 'index']);
    expect((await tiny.onward(['adopt', 'release', '1.0.0', '--yes'])).exit).toBe(0);
  });
});

describe('onward adopt traffic, in front of hosts', () => {
  it('has the switches send to the units, which the plan asks for, and interrupts nothing', async () => {
    await tiny.publish('1.1.0', { search: { mark: '1.1.0' }, index: { neverReady: true } });
    expect((await tiny.onward(['plan'])).stdout).toContain(
      '2 instances of index, not made by Onward, get their requests past',
    );
    const { exit, stdout, stderr } = await tiny.onward(['adopt', 'traffic', '--yes']);
    expect(exit, stderr).toBe(0);
    expect(stdout).toContain('writes backend onward-search to');
    expect(stdout).toContain(`listens on 127.0.0.1:${tiny.ports.index}`);
    expect(stderr).toContain(`Lead those who ask index to 127.0.0.1:${tiny.ports.index} now.`);
    await proxy.route({ mode: 'http', port: tiny.ports.search, backend: 'onward-search' });
    for (const port of [tiny.ports.search, tiny.ports.index]) expect(await releaseAt(port)).toBe('none');
  });
});

describe('onward upgrade, from units that Onward has not started', () => {
  it('goes back to them as they were when a release fails', async () => {
    await giveUpIndexAfter('3s');
    const load = startSteadyLoad([tiny.ports.search, tiny.ports.index]);
    const { exit, stderr } = await tiny.onward(['upgrade', '--yes']);
    const report = await load.stop();
    expect(exit, stderr).toBe(3);
    expect(report.failures).toEqual([]);
    for (const host of hosts.list) {
      expect(await tiny.unitsOn(host)).toEqual(['index.service active', 'search@8085.service active']);
      expect(await host.exec(['systemctl', 'is-enabled', 'search@8085', 'index'])).toBe('enabled\nenabled');
      expect(await host.exec(['sh', '-c', 'ls -d /etc/systemd/system/*.service.d || true'])).toBe('');
    }
    expect(await releaseAt(tiny.ports.index)).toBe('none');
  });

  it('rolls onto the release without a failed request, keeps the rows, and leaves nothing of before that starts again', async () => {
    await giveUpIndexAfter('30s');
    await tiny.publish('1.2.0', { search: { mark: '1.2.0' }, index: { mark: '1.2.0' } });
    const load = startSteadyLoad([tiny.ports.search, tiny.ports.index]);
    const { exit, stderr } = await tiny.onward(['upgrade', '--yes']);
    const report = await load.stop();
    expect(stderr).toContain('Serving: 1.2.0.');
    expect(exit).toBe(0);
    expect(report.failures).toEqual([]);
    expect(report.carried).toBeGreaterThan(50);
    for (const host of hosts.list) {
      const units = (await tiny.unitsOn(host)).filter((unit) => unit.endsWith(' active'));
      expect(units).toEqual([
        'index.service active',
        expect.stringMatching(/^search@search-1\.2\.0-\w+-\d\.service active$/),
      ]);
      expect(await host.exec(['sh', '-c', 'systemctl is-enabled search@8085 || true'])).toBe('disabled');
      expect(await host.exec(['sh', '-c', `ls /var/lib/onward/${tiny.name}/instances/*`])).not.toContain('8085');
    }
    expect(await releaseAt(tiny.ports.search)).toBe('1.2.0');
    expect((await database.query('select count(*)::int from item')).rows).toEqual([{ count: ROWS }]);
    const plan = await tiny.onward(['plan']);
    expect(plan.stdout).toContain('Nothing to do: 1.2.0 is installed.');
  });
});

async function giveUpIndexAfter(limit: string): Promise<void> {
  await tiny.writeDeployment((text) => text.replace(/(index: .*readyTimeout: )\w+/, `$1${limit}`));
}

/** What an instance was told of its release; a unit that Onward has not started was told nothing. */
async function releaseAt(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/version`);
  return ((await answer.json()) as { readonly version?: string }).version ?? 'none';
}

/** Main processes of the units. */
function processesOf(host: Host): Promise<string> {
  return host.exec(['systemctl', 'show', '--property', 'MainPID', '--value', 'search@8085', 'index']);
}

function hostAt(index: number): Host {
  const host = hosts.list[index];
  if (!host) throw new Error(`There is no host ${index}`);
  return host;
}
