import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Host, type Hosts, startHosts } from './systemd-hosts.ts';

const run = promisify(execFile);
let hosts: Hosts;

beforeAll(async () => {
  hosts = await startHosts(2);
});
afterAll(() => hosts.close());

describe('startHosts()', () => {
  it('gives hosts that have booted without a failed unit, and know Node', async () => {
    for (const host of hosts.list) {
      expect(await host.exec(['systemctl', 'is-system-running'])).toBe('running');
      expect(await host.exec(['node', '--version'])).toBe(process.version);
    }
  });

  it('lets root and an ordinary user in with the key, and knows every host by its own', async () => {
    expect(await ssh('host1', ['-l', 'root'], 'echo $(hostname) $(id --user)')).toBe('host1 0');
    expect(await ssh('host2', ['-l', 'deploy'], 'echo $(hostname) $(id --user)')).toBe('host2 1000');
    const [first, second] = hosts.list;
    // The key of another host is refused.
    await expect(ssh('host1', ['-o', `HostKeyAlias=${second?.address}`], 'true')).rejects.toThrow(
      'verification failed',
    );
    expect(await ssh('host1', ['-o', `HostKeyAlias=${first?.address}`], 'echo in')).toBe('in');
  });

  it('runs units, as another user too', async () => {
    const unit = 'systemd-run --quiet --wait --pipe';
    expect(await ssh('host1', [], `${unit} -p User=deploy id --user`)).toBe('1000');
    await expect(ssh('host1', [], `${unit} false`)).rejects.toMatchObject({ code: 1 });
  });

  it('ends sshd with its sessions, and leaves units alone', async () => {
    const host = firstOf(hosts);
    await host.exec(['systemd-run', '--quiet', '--unit=stays', 'sleep', 'infinity']);
    const session = ssh('host1', [], 'sleep infinity');
    const ended = expect(session).rejects.toThrow();
    await host.killSshd();
    await ended;
    await expect(ssh('host1', [], 'true')).rejects.toThrow('Connection refused');
    expect(await host.exec(['systemctl', 'is-active', 'stays'])).toBe('active');
    await host.startSshd();
    expect(await ssh('host1', [], 'echo in')).toBe('in');
  });

  it('keeps its address when it was paused, cut off, and without power', async () => {
    const host = firstOf(hosts);
    const isOut = () => expect(ssh('host1', ['-o', 'ConnectTimeout=1'], 'true')).rejects.toThrow(/timed out|No route/);
    await host.pause();
    await isOut();
    await host.unpause();
    expect(await ssh('host1', [], 'echo in')).toBe('in');
    await host.disconnect();
    await isOut();
    await host.reconnect();
    expect(await ssh('host1', [], 'touch /etc/stays; echo in')).toBe('in');
    await host.kill();
    await host.start();
    expect(await ssh('host1', [], 'ls /etc/stays; systemctl is-active stays || true')).toBe('/etc/stays\ninactive');
  });
});

function firstOf({ list }: Hosts): Host {
  const [host] = list;
  if (!host) throw new Error('No host');
  return host;
}

async function ssh(host: string, options: readonly string[], command: string): Promise<string> {
  const { stdout } = await run('ssh', ['-F', hosts.sshConfig, ...options, host, command], { timeout: 20_000 });
  return stdout.trim();
}
