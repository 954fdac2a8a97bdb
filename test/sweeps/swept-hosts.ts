import { join } from 'node:path';
import { expect } from 'vitest';
import type { EmbeddedPostgres } from '../../src/system/index.ts';
import { startHaproxy, type TestHaproxy } from '../support/haproxy.ts';
import { createHostsDeployment, type HostsDeployment } from '../support/hosts-deployment.ts';
import { renderUnit, writeUnit } from '../support/ssh-units.ts';
import { type Host, type Hosts, startHosts } from '../support/systemd-hosts.ts';
import type { Swept } from './sweep.ts';
import { createMigrations, expectServers, expectStatus, type Migrations, readIdentities, restartOf } from './whole.ts';

const STATES = { search: ['running', 'running'], index: ['running', 'running'] };

/** A template unit that starts first, the canary ahead, and a plain unit, on two hosts behind a HAProxy of the operator's. */
export async function createSweptHosts(server: EmbeddedPostgres): Promise<Swept> {
  const [hosts, proxy] = await Promise.all([startHosts(2), startHaproxy()]);
  for (const host of hosts.list) {
    await writeUnit(host, 'search@.service', renderUnit());
    await writeUnit(host, 'index.service', renderUnit());
  }
  const tiny = await createBehindHaproxy(server, { hosts, proxy });
  const migrations = createMigrations(join(tiny.vendor, 'migrations'), `${server.url}/${tiny.database}`);
  await migrations.ship('1.0.0');
  await tiny.publish('1.0.0');
  const installed = await tiny.onward(['provision', '--yes']);
  expect(installed.exit, installed.stderr).toBe(0);
  for (const backend of ['search', 'index'] as const)
    await proxy.route({ mode: 'http', port: tiny.ports[backend], backend });
  const { stateDirectory, onward, start, ports } = tiny;
  return {
    ...{ stateDirectory, onward, start, held: ports.index, ports: [ports.search, ports.index] },
    faults: [
      ...hosts.list.map((host) => ({
        what: `sshd of ${host.name}`,
        failsRequests: false,
        async strike() {
          await host.killSshd();
          await host.startSshd();
        },
      })),
      restartOf(proxy),
    ],
    async publish(version, kind) {
      if (kind === 'good') await migrations.ship(version);
      await tiny.publish(version, {
        search: { mark: version },
        index: { mark: version, neverReady: kind === 'bad' },
      });
      await tiny.writeDeployment((text) =>
        text.replace(/(index: .*)readyTimeout: \w+/, `$1readyTimeout: ${kind === 'bad' ? '6s' : '30s'}`),
      );
    },
    assertWhole: (version) => assertHostsWhole({ hosts, proxy, tiny, migrations }, version),
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

/** Both of its services behind HAProxy, the canary of the template ahead. */
export async function createBehindHaproxy(
  server: EmbeddedPostgres,
  { hosts, proxy }: Pick<SweptMachines, 'hosts' | 'proxy'>,
): Promise<HostsDeployment> {
  const tiny = await createHostsDeployment(server, {
    ...{ hosts, search: 'canary: true', searchSwitch: proxy.switchTo('search') },
  });
  await tiny.writeDeployment((text) =>
    text
      .replace(/\{ builtin: .*? \} \}/, proxy.switchTo('index'))
      .replace(/readyTimeout: 10s, drain: 3s/g, 'readyTimeout: 30s, drain: 2s'),
  );
  return tiny;
}

export interface SweptMachines {
  readonly hosts: Hosts;
  readonly proxy: TestHaproxy;
  readonly tiny: HostsDeployment;
  readonly migrations: Migrations;
}

/** A release that Onward has brought to the hosts, and nothing else of it. */
export async function assertHostsWhole(
  { hosts, proxy, tiny, migrations }: SweptMachines,
  version: string,
): Promise<void> {
  const [ids, identities] = await Promise.all([
    expectStatus(tiny.onward, version, STATES),
    readIdentities(tiny.onward, version),
  ]);
  const servers: Record<string, string[]> = { search: [], index: [] };
  for (const [index, host] of hosts.list.entries()) {
    for (const service of ['search', 'index'] as const) {
      const id = ids.get(service)?.[index] ?? '';
      servers[service]?.push(`${id} ${host.address}:${await portOf(host, `${tiny.name}/instances/${service}/${id}`)}`);
    }
    expect(await look(host, tiny.name)).toEqual(
      renderWanted(
        tiny.name,
        { search: ids.get('search')?.[index] ?? '', index: ids.get('index')?.[index] ?? '' },
        identities,
      ),
    );
    const artifacts = await host.exec(['ls', '-A', `/var/lib/onward/${tiny.name}/artifacts`]);
    // Those of the instances, and of the others the newest two.
    expect(artifacts.split('\n').length).toBeLessThanOrEqual(3 * (2 + 2));
    expect(artifacts).toMatch(/^([0-9a-f]{64}(\.manifest|\.staged)?\n?)+$/);
  }
  for (const [backend, each] of Object.entries(servers)) await expectServers(proxy, backend, each);
  await migrations.expectLedger(version);
}

async function portOf(host: Host, instance: string): Promise<string> {
  return (await host.exec(['cat', `/var/lib/onward/${instance}/address`])).replace('PORT=', '');
}

const LOOK = `
systemctl list-units --all --plain --no-legend --full 'search*' 'index*' | while read -r unit load active sub rest; do
  echo "unit $unit $active $sub $(systemctl show --property WorkingDirectory --value "$unit")"
done
find /etc/systemd/system /run/systemd/system -path '*.d/*onward*' -o -path '*.wants/search*' -o -path '*.wants/index*'
cd "/var/lib/onward/$0" && find instances -mindepth 2 -maxdepth 2
find commands -mindepth 1 2>/dev/null
find /tmp -maxdepth 1 -name 'tmp.*'
true`;

/** Units and where they run, what says so, and what is kept of instances, sorted. One that has ended is none. */
export async function look(host: Host, deployment: string): Promise<readonly string[]> {
  const lines = (await host.exec(['sh', '-c', LOOK, deployment])).split('\n');
  return lines.filter((line) => !/^unit \S+ inactive/.test(line)).sort();
}

function renderWanted(
  deployment: string,
  ids: { readonly search: string; readonly index: string },
  identities: ReadonlyMap<string, string>,
): readonly string[] {
  const units = { search: `search@${ids.search}.service`, index: 'index.service' };
  return (['search', 'index'] as const)
    .flatMap((service) => [
      `unit ${units[service]} active running /var/lib/onward/${deployment}/artifacts/${identities.get(service)?.slice('sha256:'.length)}`,
      `/etc/systemd/system/${units[service]}.d/50-onward.conf`,
      `/etc/systemd/system/multi-user.target.wants/${units[service]}`,
      `instances/${service}/${ids[service]}`,
    ])
    .sort();
}
