import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import { createHostsDeployment, type HostsDeployment } from '../support/hosts-deployment.ts';
import { renderUnit, writeUnit } from '../support/ssh-units.ts';
import { startSteadyLoad } from '../support/steady-load.ts';
import { type Hosts, startHosts } from '../support/systemd-hosts.ts';

let server: EmbeddedPostgres;
let hosts: Hosts;
let tiny: HostsDeployment;

beforeAll(async () => {
  [server, hosts] = await Promise.all([startEmbeddedPostgres({ isDurable: false }), startHosts(3)]);
  for (const host of hosts.list) {
    await writeUnit(host, 'search@.service', renderUnit('DynamicUser=yes'));
    await writeUnit(host, 'index.service');
  }
  tiny = await createHostsDeployment(server, { hosts, search: 'canary: true, atOnce: 2' });
});
afterAll(async () => {
  await tiny?.remove();
  await hosts?.close();
  await server?.remove();
});

describe('onward upgrade on hosts', () => {
  it('installs the first release on every host', async () => {
    await tiny.publish('1.0.0');
    const result = await tiny.onward(['provision', '--yes']);
    expect(result.stderr).toContain('Serving: 1.0.0.');
    expect(result.exit).toBe(0);
    for (const host of hosts.list) expect(await tiny.unitsOn(host)).toEqual(bothActive('1.0.0'));
  });

  it('shows hosts, waves and why a unit is stopped first', async () => {
    await tiny.publish('1.1.0', { search: { mark: '1.1.0' }, index: { mark: '1.1.0' } });
    const { stdout, stderr, exit } = await tiny.onward(['plan']);
    expect(stderr).toBe('');
    expect(exit).toBe(0);
    expect(stdout).toContain('Roll search (3 instances) to 1.1.0, start-first, in 2 waves');
    expect(stdout).toContain('wave 1: host1\n      wave 2: host2, host3\n');
    expect(stdout).toContain('Roll index (3 instances) to 1.1.0, stop-first, in 3 waves');
    expect(stdout).toContain('stop-first, because index.service is one instance on each host\n');
  });

  it('goes to the next release without a failed request', async () => {
    const load = startSteadyLoad([tiny.ports.search, tiny.ports.index]);
    const result = await tiny.onward(['upgrade', '--yes']);
    const report = await load.stop();
    expect(result.stderr).toContain('Serving: 1.1.0.');
    expect(result.exit).toBe(0);
    expect(report.failures).toEqual([]);
    expect(report.carried).toBeGreaterThan(100);
    for (const host of hosts.list) expect(await tiny.unitsOn(host)).toEqual(bothActive('1.1.0'));
  });
});

function bothActive(version: string): readonly unknown[] {
  return [
    'index.service active',
    expect.stringMatching(new RegExp(`^search@search-${version}-\\w+-\\d\\.service active$`)),
  ];
}
