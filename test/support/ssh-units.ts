/** Units on test hosts for instances of the workload, and the runtime that drives them. */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSshRuntime, type Runtime } from '../../src/deploy/index.ts';
import type { Service } from '../../src/model/index.ts';
import type { System } from '../../src/system/index.ts';
import { docker } from './docker.ts';
import type { Host, Hosts } from './systemd-hosts.ts';

export const WORKLOAD_FOLDER = '/srv/workload';

/** A unit file as an operator may have it: Onward's drop-in says what runs. */
export function renderUnit(more = ''): string {
  return `[Unit]
StartLimitIntervalSec=0
[Service]
Type=exec
ExecStart=/bin/false
Restart=always
RestartSec=100ms
${more}
[Install]
WantedBy=multi-user.target
`;
}

export async function writeUnit(host: Host, name: string, text = renderUnit()): Promise<void> {
  await writeOnHost(host, `/etc/systemd/system/${name}`, text);
  await host.exec(['systemctl', 'daemon-reload']);
}

export async function writeOnHost(host: Host, path: string, text: string): Promise<void> {
  await docker(['exec', '-i', host.container, 'sh', '-c', `mkdir -p "\${1%/*}" && cat >"$1"`, 'sh', path], {
    input: text,
  });
}

/** Puts the program of the conformance tests where instances can run it. */
export async function installWorkload(host: Host): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'onward-workload-'));
  try {
    await copyFile(new URL('./workload.mjs', import.meta.url), join(folder, 'workload.mjs'));
    await host.exec(['mkdir', '-p', WORKLOAD_FOLDER]);
    await docker(['cp', join(folder, 'workload.mjs'), `${host.container}:${WORKLOAD_FOLDER}/workload.mjs`]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface TestService {
  readonly name: string;
  readonly hosts: readonly string[];
  readonly unit?: string;
  readonly ports?: readonly number[];
}

export interface TestRuntimeOptions {
  readonly deployment: string;
  readonly stateDirectory: string;
  readonly services: readonly TestService[];
  readonly pullLimits?: Parameters<typeof createSshRuntime>[1]['pullLimits'];
}

export function createTestRuntime(system: System, hosts: Hosts, options: TestRuntimeOptions): Runtime {
  return createSshRuntime(system, runtimeOptions(hosts, options));
}

export function runtimeOptions(
  hosts: Hosts,
  { deployment, stateDirectory, services, pullLimits }: TestRuntimeOptions,
): Parameters<typeof createSshRuntime>[1] {
  return {
    deployment,
    stateDirectory,
    hosts: { sshConfig: hosts.sshConfig, folder: '/var/lib/onward', connectTimeoutMs: 8_000 },
    services: services.map(describeService),
    ...(pullLimits === undefined ? {} : { pullLimits }),
  };
}

function describeService({ name, hosts, unit = `${name}@.service`, ports = [] }: TestService): Service {
  return {
    name,
    runtime: { kind: 'ssh', hosts, unit, ports, atOnce: { hosts: 1 }, canary: false },
    replicas: 1,
    readyTimeoutMs: 5_000,
    switch: { kind: 'none' },
    drainMs: 1_000,
    graceMs: 2_000,
    settleMs: 100,
    environment: {},
  };
}
