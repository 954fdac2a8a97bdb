import { join } from 'node:path';
import { expect } from 'vitest';
import type { EmbeddedPostgres } from '../../src/system/index.ts';
import { startHaproxy } from '../support/haproxy.ts';
import { createHostsDeployment } from '../support/hosts-deployment.ts';
import { startHosts } from '../support/systemd-hosts.ts';
import { installByHand } from '../support/units-of-before.ts';
import type { Swept } from './sweep.ts';
import { look } from './swept-hosts.ts';
import { createMigrations, expectServers, expectStatus } from './whole.ts';

const STATES = { search: ['running', 'running'], index: ['running', 'running'] };

/** Units on two hosts that Onward has not started and has taken over, behind a HAProxy of the operator's: what a release goes back to. */
export async function createTakenHosts(server: EmbeddedPostgres): Promise<Swept> {
  const [hosts, proxy] = await Promise.all([startHosts(2), startHaproxy()]);
  const tiny = await createHostsDeployment(server, {
    ...{ hosts, search: 'canary: true', searchSwitch: proxy.switchTo('search') },
  });
  await tiny.writeDeployment((text) =>
    text
      .replace(/\{ builtin: .*? \} \}/, proxy.switchTo('index'))
      .replace(/readyTimeout: 10s, drain: 3s/g, 'readyTimeout: 30s, drain: 2s'),
  );
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
    expect(done.exit, done.stderr).toBe(0);
  }
  for (const backend of ['search', 'index'] as const)
    await proxy.route({ mode: 'http', port: tiny.ports[backend], backend });
  const { stateDirectory, onward, start, ports } = tiny;
  return {
    ...{ stateDirectory, onward, start, held: ports.index, ports: [ports.search, ports.index], faults: [] },
    // Of each of them it says that Onward has not made it.
    well: /^(?!.*error)[\s\S]*was not made by Onward/,
    async publish(version, kind) {
      await tiny.publish(version, { search: { mark: version }, index: { mark: version, neverReady: kind === 'bad' } });
      await tiny.writeDeployment((text) =>
        text.replace(/(index: .*)readyTimeout: \w+/, `$1readyTimeout: ${kind === 'bad' ? '6s' : '30s'}`),
      );
    },
    async assertWhole(version) {
      expect(version).toBe('1.0.0');
      await expectStatus(onward, version, STATES);
      const servers = (unit: string, port: number) =>
        hosts.list.map(({ name, address }) => `${name}-${unit} ${address}:${port}`);
      for (const host of hosts.list)
        expect(await look(host, tiny.name)).toEqual(WANTED.map((line) => line.replace('HOST', host.name)));
      await expectServers(proxy, 'search', servers('search-8085', 8085));
      await expectServers(proxy, 'index', servers('index', 8070));
      await migrations.expectLedger(version);
    },
    async remove() {
      try {
        await tiny.remove();
      } finally {
        await proxy.remove();
        await hosts.close();
      }
    },
  };
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
