import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/system/index.ts';
import type { CommandResult } from '../support/deployment.ts';
import { eventually } from '../support/eventually.ts';
import { createHostsDeployment, type HostsDeployment } from '../support/hosts-deployment.ts';
import { renderUnit, writeUnit } from '../support/ssh-units.ts';
import { startSteadyLoad } from '../support/steady-load.ts';
import { type Host, type Hosts, startHosts } from '../support/systemd-hosts.ts';

let server: EmbeddedPostgres;
let hosts: Hosts;
let tiny: HostsDeployment;
let patch = 0;

/** At which one upgrade is killed by SIGKILL, and started again: around the effects on hosts and on the switch, in their order. */
const MOMENTS = ['before=^\\d+ result \\S* create:', 'after=^\\d+ intent \\S* start:', 'after=^\\d+ intent \\S* stop:'];

beforeAll(async () => {
  [server, hosts] = await Promise.all([startEmbeddedPostgres({ isDurable: false }), startHosts(2)]);
  await Promise.all(hosts.list.map((host) => writeUnit(host, 'search@.service', renderUnit('DynamicUser=yes'))));
  tiny = await createHostsDeployment(server, { hosts, services: ['search'], search: 'canary: true' });
  await tiny.publish('1.0.0');
  const { exit, stderr } = await tiny.onward(['provision', '--yes']);
  expect([exit, stderr]).toEqual([0, expect.any(String)]);
});
afterAll(async () => {
  try {
    await tiny?.remove();
  } finally {
    await hosts?.close();
    await server?.remove();
  }
});

describe('onward upgrade when something goes wrong on a host', () => {
  it('goes back on all hosts when the canary never becomes ready, and has touched no other', async () => {
    const before = await Promise.all(hosts.list.map(pidsOn));
    await publish({ neverReady: true, why: 'a setting is missing' });
    await tiny.writeDeployment((text) => text.replace('readyTimeout: 10s', 'readyTimeout: 3s'));
    const { result, failures } = await upgradeUnderLoad();
    await tiny.writeDeployment((text) => text.replace('readyTimeout: 3s', 'readyTimeout: 10s'));
    expect(result.stderr).toContain('a setting is missing');
    expect(result.stderr).toContain('every service, as before the run.');
    expect(result.exit).toBe(3);
    expect(failures).toEqual([]);
    expect(await Promise.all(hosts.list.map(pidsOn))).toEqual(before);
    await expectWhole('1.0.0');
    // Of the release that went back nothing stays on the host.
    const dropIns = await hostAt(0).exec(['sh', '-c', 'ls -d /etc/systemd/system/search@*.service.d']);
    expect(dropIns).toMatch(/^\S+\/search@search-1\.0\.0-\S+$/);
  });

  it('closes a gate when a host cannot be reached, before anything has changed', async () => {
    const host = hostAt(1);
    const before = await Promise.all(hosts.list.map(pidsOn));
    await publish();
    await host.killSshd();
    const [upgrade, doctor, status] = await Promise.all([
      tiny.onward(['upgrade', '--yes']),
      tiny.onward(['doctor']),
      tiny.onward(['status']),
    ]).finally(() => host.startSshd());
    expect(upgrade.stderr).toContain('Host host2 can be reached: Could not log in on host2: it cannot be connected to');
    expect(upgrade.exit).toBe(1);
    expect(doctor.stdout).toContain('host2');
    expect(status.exit).toBe(1);
    expect(status.stdout).toMatch(/^ {2}search +\d x 1\.0\.0, \d cannot be told/m);
    expect(await Promise.all(hosts.list.map(pidsOn))).toEqual(before);
    await expectWhole('1.0.0');
  });

  it('waits for a host whose sshd is restarted in the middle', async () => {
    const version = await publish({ ignoresSigterm: true });
    const load = startSteadyLoad([tiny.ports.search]);
    const run = tiny.start(['upgrade', '--yes']);
    await canaryHasBegun(version);
    await hostAt(1).killSshd();
    await hostAt(0).killSshd();
    await hostAt(0).startSshd();
    await hostAt(1).startSshd();
    const result = await run.ended;
    expect([result.exit, result.stderr]).toEqual([0, expect.stringContaining(`Serving: ${version}.`)]);
    expect((await load.stop()).failures).toEqual([]);
    await expectWhole(version);
  }, 180_000);

  it('ends in a known state when a host is lost in the middle, lets in no second operator meanwhile, and is taken up by the next run', async () => {
    const [old, version] = [currentVersion(), await publish()];
    const load = startSteadyLoad([tiny.ports.search]);
    const run = tiny.start(['upgrade', '--yes']);
    await canaryHasBegun(version);
    await hostAt(1).killSshd();
    const second = await tiny.onward(['upgrade', '--yes']);
    const result = await run.ended.finally(() => hostAt(1).startSshd());
    // A gate is shut, or the lease is not given: which of them it meets is a matter of moments.
    expect(second.stderr).toMatch(/holds (it|the lease) for another/);
    expect(second.exit).toBe(1);
    expect([result.exit, result.stderr]).toEqual([4, expect.stringContaining('host2')]);
    const back = await tiny.onward(['upgrade', '--yes']);
    expect([back.exit, back.stderr]).toEqual([3, expect.stringContaining('as before the run')]);
    await expectWhole(old);
    expect((await load.stop()).failures).toEqual([]);
  }, 300_000);

  it('ends on the new release although it is killed again and again, with an old one that ignores SIGTERM', async () => {
    const version = await publish();
    const load = startSteadyLoad([tiny.ports.search]);
    for (const point of MOMENTS) {
      const killed = await tiny.onward(['upgrade', '--yes'], { ONWARD_CRASH: point });
      expect(killed.signal, `${point} was not reached:\n${killed.stderr}`).toBe('SIGKILL');
    }
    const result = await tiny.onward(['upgrade', '--yes']);
    expect([result.exit, result.stderr]).toEqual([0, expect.stringContaining(`Serving: ${version}.`)]);
    expect((await load.stop()).failures).toEqual([]);
    await expectWhole(version);
  }, 300_000);
});

const currentVersion = () => serving;
let serving = '1.0.0';

async function publish(behaviour: object = {}): Promise<string> {
  patch += 1;
  const version = `1.0.${patch}`;
  await tiny.publish(version, { search: { mark: version, ...behaviour } });
  return version;
}

async function upgradeUnderLoad(): Promise<{ readonly result: CommandResult; readonly failures: readonly string[] }> {
  const load = startSteadyLoad([tiny.ports.search]);
  const result = await tiny.onward(['upgrade', '--yes']);
  return { result, failures: (await load.stop()).failures };
}

/** Process numbers of what runs; the same before and after means that nothing was restarted. */
async function pidsOn(host: Host): Promise<string> {
  const list = `for u in $(systemctl list-units --plain --no-legend --full 'search*' | cut -d ' ' -f 1); do systemctl show -p Id,MainPID $u; done`;
  return host.exec(['sh', '-c', list]);
}

/** One instance of the release on every host, in the switch, and nothing else. */
async function expectWhole(version: string): Promise<void> {
  serving = version;
  for (const host of hosts.list) {
    const active = (await tiny.unitsOn(host)).filter((unit) => unit.endsWith(' active'));
    expect(active).toEqual([expect.stringMatching(new RegExp(`^search@search-${version}-\\w+-\\d\\.service active$`))]);
  }
  const status = JSON.parse((await tiny.onward(['status', '--json'])).stdout) as { release: string; run?: unknown };
  expect([status.release, status.run]).toEqual([version, undefined]);
}

async function canaryHasBegun(version: string): Promise<void> {
  await eventually(
    () => tiny.unitsOn(hostAt(0)),
    (units) => units.some((unit) => unit.startsWith(`search@search-${version}-`)),
    120_000,
  );
}

function hostAt(index: number): Host {
  const host = hosts.list[index];
  if (!host) throw new Error(`There is no host ${index}`);
  return host;
}
