/** Installs the tiny product on hosts as others do without Onward: files copied to each host, and units that run them there. */
import { join } from 'node:path';
import { docker } from './docker.ts';
import type { HostsDeployment } from './hosts-deployment.ts';
import { writeOnHost, writeUnit } from './ssh-units.ts';
import type { Host } from './systemd-hosts.ts';

/** `search@8085.service` by a link that leads to the newest folder, and `index.service` in a folder that holds a file of its own. */
export async function installByHand(host: Host, { vendor }: Pick<HostsDeployment, 'vendor'>): Promise<void> {
  // Of an installation before, drop-ins too: "onward down" leaves them.
  const old = '/srv/search /srv/index /etc/systemd/system/search@*.service.d /etc/systemd/system/index.service.d';
  await host.exec(['sh', '-c', `rm -rf ${old} && mkdir -p /srv/search/releases /srv/index`]);
  await docker(['cp', join(vendor, 'dist', 'search'), `${host.container}:/srv/search/releases/41`]);
  await docker(['cp', `${join(vendor, 'dist', 'index')}/.`, `${host.container}:/srv/index`]);
  await host.exec(['ln', '-s', 'releases/41', '/srv/search/current']);
  await writeOnHost(host, '/srv/index/local.json', '{}\n');
  const node = (await host.exec(['sh', '-c', 'command -v node'])).trim();
  const search = `Environment=PORT=%i\nExecStart=${node} --no-warnings /srv/search/current/main.mjs`;
  const index = `Environment=PORT=8070\nWorkingDirectory=/srv/index\nExecStart=${node} main.mjs`;
  await writeUnit(host, 'search@.service', renderUnit(search));
  await writeUnit(host, 'index.service', renderUnit(index));
  await host.exec(['systemctl', 'enable', '--now', 'search@8085', 'index']);
}

function renderUnit(lines: string): string {
  const service = `[Service]\nType=exec\nRestart=always\nEnvironment=HOST=0.0.0.0\n${lines}\n`;
  return `[Unit]\nStartLimitIntervalSec=0\n${service}[Install]\nWantedBy=multi-user.target\n`;
}
