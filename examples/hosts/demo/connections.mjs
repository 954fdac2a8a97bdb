import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Ends the connections that Onward shares between its commands, which would end by themselves a minute after the last one.
 *
 * @param {string} directory that of onward.yaml
 * @param {readonly string[]} hosts
 */
export async function endConnections(directory, hosts) {
  const argv = ['-F', join(directory, 'ssh_config'), '-o', 'ControlPath=%C', '-O', 'exit'];
  const cwd = join(directory, '.onward', 'ssh');
  // One that has ended meanwhile is as good.
  await Promise.all(hosts.map((host) => run('ssh', [...argv, host], { cwd }).catch(() => {})));
}
