import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.ts';
import { type Hosts, startHosts } from '../../../test/support/systemd-hosts.ts';
import { createSystem } from '../../system/index.ts';
import { checkProposal } from '../propose/check-proposal.ts';
import { proposeForHosts } from '../propose/propose.ts';
import { observeHosts } from './observe-hosts.ts';

const SETUP = `
mkdir -p /etc/shop && umask 077
echo 'DATABASE_URL=postgres://shop:very-secret@db.internal/shop' > /etc/shop/search.env
echo 'API_TOKEN=another-secret' >> /etc/shop/search.env
echo "require('node:http').createServer((_, answer) => answer.end()).listen(process.env.PORT)" > /etc/shop/search.cjs
printf '%s\\n' '[Service]' 'EnvironmentFile=/etc/shop/search.env' 'Environment=PORT=7700' "ExecStart=$(command -v node) /etc/shop/search.cjs" > /etc/systemd/system/search.service
printf '%s\\n' '[Unit]' 'Description=worker %i' '[Service]' 'EnvironmentFile=-/etc/shop/worker-%i.env' '# User=%i' 'Environment=FULL=100%%i' 'ExecStartPre=/bin/echo \\\\' ' for %I' 'ExecStart=/bin/sleep 1000' > /etc/systemd/system/worker@.service
printf '%s\\n' '[Service]' 'ExecStart=/bin/true' > /etc/systemd/system/unused.service
chmod 644 /etc/systemd/system/*.service && systemctl daemon-reload && systemctl start search worker@1 worker@2
`;

let hosts: Hosts;
const system = createSystem({ environment: process.env, onEvent: () => {} });

beforeAll(async () => {
  hosts = await startHosts(2);
  for (const host of hosts.list) {
    await host.exec(['sh', '-ec', SETUP]);
    const ports = () => host.exec(['sh', '-c', 'ss -H -ltn']);
    await eventually(ports, (text) => text.includes(':7700'));
  }
});
afterAll(() => hosts?.close());

const look = () =>
  Promise.all(
    hosts.list.map((host) =>
      host.exec([
        'sh',
        '-c',
        'systemctl show --property InvocationID,ActiveEnterTimestamp search worker@1 worker@2; ls -lR --full-time /etc/systemd /etc/shop',
      ]),
    ),
  );

describe('observeHosts()', () => {
  it("sees the units that are not the distribution's, and proposes for them without changing anything", async () => {
    const before = await look();
    const request = { hosts: ['host1', 'host2'], units: [], sshConfig: hosts.sshConfig };
    // Other tests run HAProxys on this machine.
    const observed = { ...(await observeHosts(system, request)), haproxies: [] };
    const proposal = proposeForHosts(observed, '/srv/shop', '/srv/shop/ssh_config');
    expect(proposal.deployment).toBe(`\
# Proposed by "onward adopt" from what runs. Read each line; those that say "could not tell" need your word.
deployment: shop
releases: { source: ./releases, channel: stable }
databases:
  shop:
    # url: its units connect there; search connects to db.internal:5432
    url: "postgres://shop@db.internal:5432/shop"
    # its password is in DATABASE_URL, and is not copied: write it into this file, readable for you alone
    passwordFile: ./secrets/shop
ssh:
  config: /srv/shop/ssh_config
services:
  search:
    runtime: ssh
    hosts: [host1, host2]
    unit: search.service
    # port: its process listens there
    port: 7700
    # roll: it is no template, so it runs once on a host: old and new cannot run at once
    roll: stop-first
    # onward could not tell: ready: it is not Type=notify; a path that answers 200 when it can work says more
    ready: { tcp: true }
  worker:
    runtime: ssh
    hosts: [host1, host2]
    unit: "worker@.service"
    # replicas: 2 run on a host
    replicas: 2
    # roll (a guess): it listens on no port: a worker, of which old and new may run at once
    roll: overlap
    # ready (a guess): it is not Type=notify, and listens on no port
    ready: { up: 2s }
    # onward could not tell: how Onward can run it: its instances get new names with each roll, and EnvironmentFile=,
    # ExecStartPre= of its unit depend on the name (%i): write there what is so for all of them

# unused.service is left alone: it is not active on any of the hosts
`);
    expect(await checkProposal(system, { folder: '/srv/shop', ...proposal, lacksArtifacts: true })).toEqual([]);
    expect(JSON.stringify([observed, proposal])).not.toMatch(/very-secret|another-secret/);
    expect(await look()).toEqual(before);
  });

  it('looks at the units that are named, and refuses hosts without any', async () => {
    const request = { hosts: ['host1'], sshConfig: hosts.sshConfig };
    const {
      hosts: [named],
    } = await observeHosts(system, { ...request, units: ['ssh.service'] });
    expect(named?.units).toMatchObject([{ unit: 'ssh.service', isActive: true, ports: [22] }]);
    // Root of these hosts may not look at processes of other users.
    await hosts.list[0]?.exec([
      'systemd-run',
      '--quiet',
      '--unit',
      'other',
      '--property',
      'User=nobody',
      'sleep',
      '60',
    ]);
    const other = await observeHosts(system, { ...request, units: ['other.service'] });
    expect(other.hosts[0]?.units).toMatchObject([{ ports: [], unseen: expect.stringContaining('root may not see') }]);
    await hosts.list[1]?.exec(['sh', '-c', 'rm /etc/systemd/system/*.service']);
    await expect(observeHosts(system, { ...request, hosts: ['host2'], units: [] })).rejects.toMatchObject({
      code: 'adopt.no-units',
    });
    await hosts.list[1]?.killSshd();
    await expect(observeHosts(system, { ...request, hosts: ['host2'], units: [] })).rejects.toMatchObject({
      code: 'ssh.unreachable',
      state: 'unchanged',
    });
  });
});
