import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnections } from '../../deploy/index.ts';
import { lookOnly, type System } from '../../system/index.ts';
import { observeHaproxies } from '../haproxy/observe-haproxies.ts';
import { noUnits } from './errors.ts';
import type { ObservedHosts } from './observed-host.ts';
import { parseHost } from './parse-units.ts';
import { UNIT_SCRIPT } from './unit-script.ts';

export interface HostsRequest {
  /** As ssh knows them. */
  readonly hosts: readonly string[];
  /** Empty: those that are not the distribution's. */
  readonly units: readonly string[];
  readonly sshConfig?: string;
}

const CONNECT_TIMEOUT_MS = 10_000;

/** Looks at the units of hosts by a short script that only reads. Throws `ssh.*`, and `adopt.no-units` where there is none. */
export async function observeHosts(system: System, request: HostsRequest): Promise<ObservedHosts> {
  const folder = join(tmpdir(), `onward-adopt-${system.random.hex(6)}`);
  const { sshConfig } = request;
  const connections = createConnections(system, {
    ...(sshConfig === undefined ? {} : { sshConfig }),
    folder,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  });
  const script = { action: 'look at units', variables: { UNITS: request.units.join(' ') }, text: UNIT_SCRIPT };
  const look = async (host: string) => {
    const { stdout } = await lookOnly(() => connections.run(host, script, { patience: 'none' }));
    return parseHost(host, stdout);
  };
  try {
    const hosts = await Promise.all(request.hosts.map(look));
    if (hosts.every(({ units }) => units.length === 0)) throw noUnits(request.hosts);
    return { hosts, haproxies: await observeHaproxies(system) };
  } finally {
    await system.files.remove(folder);
  }
}
