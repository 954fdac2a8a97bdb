import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EmbeddedPostgres } from '../../src/system/index.ts';
import { bundleProgram } from '../support/bundle-program.ts';
import { startHaproxy, type TestHaproxy } from '../support/haproxy.ts';
import { createHostsDeployment, type HostsDeployment } from '../support/hosts-deployment.ts';
import { startPostgresFor } from '../support/hosts-postgres.ts';
import { startSteadyLoad } from '../support/steady-load.ts';
import { type Host, type Hosts, startHosts } from '../support/systemd-hosts.ts';

/** On the first host, where commands run too, ssh logs in as a user who has sudo. */
const AS_USER = ['host1'];
const ROWS = 60;

let server: EmbeddedPostgres;
let hosts: Hosts;
let proxy: TestHaproxy;
let tiny: HostsDeployment;
let database: pg.Client;

beforeAll(async () => {
  [hosts, proxy] = await Promise.all([startHosts(3, { asUser: AS_USER }), startHaproxy()]);
  const started = await startPostgresFor(hosts);
  server = started.server;
  const { adminSocket, masterSocket, backendFile } = proxy;
  const searchSwitch = `{ haproxy: { socket: ${adminSocket}, master: ${masterSocket}, backend: api, file: ${backendFile} } }`;
  tiny = await createHostsDeployment(server, {
    hosts,
    tarball: 'index',
    search: 'canary: true, atOnce: 2',
    searchSwitch,
  });
  const url = `postgres://postgres@${started.address}:${server.port}/${tiny.database}`;
  await tiny.writeDeployment((text) =>
    text.replace('canary: true,', `canary: true, environment: { DATABASE_URL: "${url}" },`),
  );
  database = new pg.Client(`${server.url}/${tiny.database}`);
  await database.connect();
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

describe('onward provision --host', () => {
  it('says what a host has and which units it will write, and writes nothing', async () => {
    const { stdout, exit } = await tiny.onward(['provision', '--host', 'host1', '--dry-run']);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^host1: Debian.*, systemd \d+; .* free for \/var\/lib\/onward; .*; clock -?\d+ ms off\n/);
    expect(stdout).toContain('  write  /etc/systemd/system/search@.service\n           # Yours to change.');
    expect(stdout).toContain('  write  /etc/systemd/system/index.service\n');
    expect(await hostAt(0).exec(['ls', '/etc/systemd/system'])).not.toContain('search@.service');
  });

  it('has changed nothing where the host is away, and speaks of no run', async () => {
    await hostAt(2).killSshd();
    const result = await tiny
      .onward(['provision', '--host', 'host3', '--dry-run'])
      .finally(() => hostAt(2).startSshd());
    expect([result.exit, result.stdout]).toEqual([4, '']);
    expect(result.stderr).toMatch(
      /^error ssh\.unreachable\nCould not .* on host3: it cannot be connected to\. Nothing has changed\.\n/,
    );
  });

  it('is what a closed gate asks for; another one is that of a host whose sudo asks for a password', async () => {
    await tiny.publish('1.0.0');
    await hostAt(0).allowSudo('with a password');
    const result = await tiny.onward(['provision', '--yes']).finally(() => hostAt(0).allowSudo('freely'));
    expect(result.exit).toBe(1);
    expect(result.stderr).toContain(
      'Host host1 can be reached: Could not use host host1: ssh logs in as a user that is not root and cannot become root by "sudo -n"',
    );
    expect(await hostAt(0).exec(['sh', '-c', 'ls -A /var/lib/onward 2>/dev/null || true'])).toBe('');
    expect(result.stderr).toContain(
      'Host host3 has no unit search@.service, index.service. Run "onward provision --host host3"',
    );
  });

  it('writes units that are not there, and leaves alone those that are', async () => {
    const names = hosts.list.map(({ name }) => name);
    const results = await Promise.all(names.map((name) => tiny.onward(['provision', '--host', name, '--yes'])));
    expect(results.map(({ exit, stderr }) => [exit, stderr])).toEqual(names.map((name) => [0, `${name} is ready.\n`]));
    for (const host of hosts.list) await host.exec(['sh', '-c', 'echo "# mine" >>/etc/systemd/system/index.service']);
    const { stdout } = await tiny.onward(['provision', '--host', 'host1', '--yes']);
    expect(stdout).toContain('  there  search@.service\n  there  index.service\n');
    expect(await hostAt(0).exec(['tail', '-n', '1', '/etc/systemd/system/index.service'])).toBe('# mine');
  });

  it('refuses a host on which nothing runs', async () => {
    const { stderr, exit } = await tiny.onward(['provision', '--host', 'hots1']);
    expect([exit, stderr]).toEqual([2, expect.stringContaining('Did you mean "host1"?')]);
  });
});

describe('onward upgrade on hosts', () => {
  it('installs the first release on every host', async () => {
    const result = await tiny.onward(['provision', '--yes']);
    expect(result.stderr).toContain('Serving: 1.0.0.');
    expect(result.exit).toBe(0);
    for (const host of hosts.list) expect(await tiny.unitsOn(host)).toEqual(bothActive('1.0.0'));
    await proxy.route({ mode: 'http', port: tiny.ports.search });
  });

  it('goes on from a release that somebody else has installed, once it is compared with what runs', async () => {
    await database.query('delete from onward.release');
    const { exit, stdout, stderr } = await tiny.onward(['adopt', 'release', '1.0.0', '--yes']);
    expect(exit, stderr).toBe(0);
    expect(stdout).toMatch(/^service +search: 3 are sha256:/m);
    expect((await database.query('select release from onward.release')).rows).toEqual([{ release: '1.0.0' }]);
  });

  it('shows hosts, waves and why a unit is stopped first', async () => {
    await declarePrograms('1.1.0');
    await tiny.publish('1.1.0', { search: { mark: '1.1.0' }, index: { mark: '1.1.0' } });
    await hostAt(1).exec(['sed', '-i', '$d', '/etc/systemd/system/index.service']);
    const { stdout, stderr, exit } = await tiny.onward(['plan']);
    expect(stderr).toBe('');
    expect(exit).toBe(0);
    expect(stdout).toContain('Roll search (3 instances) to 1.1.0, start-first, in 2 waves');
    expect(stdout).toContain('wave 1: host1\n      wave 2: host2, host3\n');
    expect(stdout).toContain('Roll index (3 instances) to 1.1.0, stop-first, in 3 waves');
    expect(stdout).toContain('stop-first, because index.service is one instance on each host\n');
    expect(stdout).toContain('index.service on host2 is not what it is on host1.');
  });

  it('goes to the next release without a failed request, and has its programs move schema and rows', async () => {
    const load = startSteadyLoad([tiny.ports.search, tiny.ports.index]);
    const result = await tiny.onward(['upgrade', '--yes']);
    const report = await load.stop();
    expect(result.stderr).toContain('Serving: 1.1.0.');
    expect(result.exit).toBe(0);
    expect(report.failures).toEqual([]);
    expect(report.carried).toBeGreaterThan(100);
    for (const host of hosts.list) expect(await tiny.unitsOn(host)).toEqual(bothActive('1.1.0'));
    expect((await database.query('select version, finished from attempt')).rows).toEqual([
      { version: 7, finished: true },
    ]);
    const moved = 'select count(*)::int from item where loud = upper(name) and changes = 1';
    expect((await database.query(moved)).rows).toEqual([{ count: ROWS }]);
    // Nothing of them is left where they ran.
    expect(await hostAt(0).exec(['ls', '-A', `/var/lib/onward/${tiny.name}/commands`])).toBe('');
  });

  it('runs a tarball from the folder that it unpacks to, named after the bytes that the vendor packed', async () => {
    const release = JSON.parse((await tiny.onward(['release', 'show', '1.1.0', '--json'])).stdout);
    const index = release.components.find(({ service }: { readonly service: string }) => service === 'index');
    expect(index).toMatchObject({ kind: 'tarball', file: 'index-1.1.0.tar.gz', producedBy: '1.1.0' });
    const unpacked = `/var/lib/onward/${tiny.name}/artifacts/${index.identity.slice('sha256:'.length)}`;
    for (const host of hosts.list) {
      expect(await host.exec(['systemctl', 'show', '--property=WorkingDirectory', '--value', 'index.service'])).toBe(
        unpacked,
      );
      const files = ['-c', 'cd "$0" && stat --format="%n %a %U" *', unpacked];
      expect(await host.exec(['sh', ...files])).toBe('behaviour.json 644 root\nmain.mjs 644 root');
    }
  });

  it('has nothing to do and nothing to repair when it is run again', async () => {
    await hostAt(1).exec(['sh', '-c', 'echo "# mine" >>/etc/systemd/system/index.service']);
    const again = await tiny.onward(['upgrade', '--yes']);
    expect([again.exit, again.stderr]).toEqual([0, expect.stringContaining('Nothing to do: 1.1.0 is installed')]);
    expect((await tiny.onward(['doctor'])).stdout).toMatch(/^Nothing to repair/);
  });
});

/** From this release on the artifact of search has a migration command, and a program for a data migration. */
async function declarePrograms(version: string): Promise<void> {
  await database.query(`create table item (id bigint primary key, name text, loud text, changes integer not null default 0,
      tenant text not null default 'a');
    insert into item (id, name) select n, 'name ' || n from generate_series(1, ${ROWS}) as n`);
  await Promise.all([
    bundleProgram('test/support/migrate-program.ts', join(tiny.vendor, 'dist/search'), 'migrate'),
    bundleProgram('test/support/data-service.ts', join(tiny.vendor, 'dist/search'), 'data'),
  ]);
  const product = join(tiny.vendor, 'product.yaml');
  const text = await readFile(product, 'utf8');
  await writeFile(
    product,
    `${text.replace('search: {', 'search: { database: core, dataMigrations: node data.mjs,')}migrationCommands:
  - name: schema
    service: search
    command: [node, migrate.mjs, "7"]
    phase: expand
    check: { command: { argv: [node, migrate.mjs, status, "7"], expect: { stdoutIncludes: up to date } } }
`,
  );
  await writeFile(
    join(tiny.vendor, `releases.d/${version}.yaml`),
    'dataMigrations:\n  - { kind: service, id: shout, database: core, service: search, before: postdeploy }\n',
  );
}

function hostAt(index: number): Host {
  const host = hosts.list[index];
  if (!host) throw new Error(`There is no host ${index}`);
  return host;
}

function bothActive(version: string): readonly unknown[] {
  return [
    'index.service active',
    expect.stringMatching(new RegExp(`^search@search-${version}-\\w+-\\d\\.service active$`)),
  ];
}
