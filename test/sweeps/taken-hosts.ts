import { join } from 'node:path';
import { expect } from 'vitest';
import type { EmbeddedPostgres } from '../../src/system/index.ts';
import { startHaproxy } from '../support/haproxy.ts';
import { type Hosts, startHosts } from '../support/systemd-hosts.ts';
import { installByHand } from '../support/units-of-before.ts';
import type { Swept } from './sweep.ts';
import { assertHostsWhole, createBehindHaproxy, look, type SweptMachines } from './swept-hosts.ts';
import { createMigrations, expectServers, expectStatus } from './whole.ts';

const STATES = { search: ['running', 'running'], index: ['running', 'running'] };

/** Units on two hosts that Onward has not started and has taken over, behind a HAProxy of the operator's. */
export async function createTakenHosts(server: EmbeddedPostgres): Promise<Swept> {
  const hosts = await startHosts(2);
  let now = await takeOver(server, hosts);
  const end = async () => {
    try {
      await now.tiny.remove();
    } finally {
      await now.proxy.remove();
    }
  };
  return {
    get stateDirectory() {
      return now.tiny.stateDirectory;
    },
    get ports() {
      return [now.tiny.ports.search, now.tiny.ports.index];
    },
    get held() {
      return now.tiny.ports.index;
    },
    faults: [],
    onward: (args, environment) => now.tiny.onward(args, environment),
    start: (args) => now.tiny.start(args),
    async renew() {
      await end();
      now = await takeOver(server, hosts);
    },
    // Of each unit it says that Onward has not made it.
    well: (version) => (version === '1.0.0' ? /^(?!.*error)[\s\S]*was not made by Onward/ : undefined),
    async publish(version, kind) {
      if (kind === 'good') await now.migrations.ship(version);
      await now.tiny.publish(version, {
        search: { mark: version },
        index: { mark: version, neverReady: kind === 'bad' },
      });
      await now.tiny.writeDeployment((text) =>
        text.replace(/(index: .*)readyTimeout: \w+/, `$1readyTimeout: ${kind === 'bad' ? '6s' : '30s'}`),
      );
    },
    assertWhole: (version) => (version === '1.0.0' ? assertTakenWhole(now) : assertHostsWhole(now, version)),
    async remove() {
      try {
        await end();
      } finally {
        await hosts.close();
      }
    },
  };
}

/** A deployment of units that are started by hand, taken over, and behind the switches. */
async function takeOver(server: EmbeddedPostgres, hosts: Hosts): Promise<SweptMachines> {
  const proxy = await startHaproxy();
  const tiny = await createBehindHaproxy(server, { hosts, proxy });
  const url = `${server.url}/${tiny.database}`;
  const migrations = createMigrations(join(tiny.vendor, 'migrations'), url);
  await migrations.ship('1.0.0');
  await tiny.publish('1.0.0');
  await Promise.all(hosts.list.map((host) => installByHand(host, tiny)));
  for (const command of [
    ['migrate', '--url', url, '--migrations', join(tiny.vendor, 'migrations'), '--database', 'core'],
    ['adopt', 'release', '1.0.0', '--yes'],
    ['adopt', 'traffic', '--yes'],
  ]) {
    const done = await tiny.onward(command);
    expect(done.exit, done.stdout + done.stderr).toBe(0);
  }
  for (const backend of ['search', 'index'] as const)
    await proxy.route({ mode: 'http', port: tiny.ports[backend], backend });
  return { hosts, proxy, tiny, migrations };
}

async function assertTakenWhole({ hosts, proxy, tiny, migrations }: SweptMachines): Promise<void> {
  await expectStatus(tiny.onward, '1.0.0', STATES);
  const servers = (unit: string, port: number) =>
    hosts.list.map(({ name, address }) => `${name}-${unit} ${address}:${port}`);
  for (const host of hosts.list)
    expect(await look(host, tiny.name)).toEqual(WANTED.map((line) => line.replace('HOST', host.name)));
  await expectServers(proxy, 'search', servers('search-8085', 8085));
  await expectServers(proxy, 'index', servers('index', 8070));
  await migrations.expectLedger('1.0.0');
}

/** On each host: the units of before, enabled, without a drop-in, and no other. */
const WANTED = [
  '/etc/systemd/system/multi-user.target.wants/index.service',
  '/etc/systemd/system/multi-user.target.wants/search@8085.service',
  'instances/index/HOST-index',
  'instances/search/HOST-search-8085',
  'unit index.service active running /srv/index',
  'unit search@8085.service active running ',
].sort();
