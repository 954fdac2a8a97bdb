import { formatBytes, type Service } from '../../../model/index.ts';
import type { System } from '../../../system/index.ts';
import { readUnit } from './describe-unit.ts';
import { unsuitable } from './errors.ts';
import { observeHosts } from './observe-hosts.ts';
import { LOG_IN } from './scripts/greeting.ts';
import { PROVISION, WRITE_UNIT } from './scripts/provision.ts';
import { baseVariables, configOf, type SshRuntimeOptions } from './ssh-context.ts';
import { createSshContext } from './ssh-runtime.ts';
import { renderUnitFile } from './unit-file.ts';

/** What a host has and what it lacks for the services that run on it. */
export interface HostProvision {
  readonly host: string;
  /** What it is: system, systemd, what is free, how far its clock is off. */
  readonly facts: readonly string[];
  /** Units that are there already; they are left as they are. */
  readonly present: readonly string[];
  readonly missing: readonly { readonly unit: string; readonly path: string; readonly text: string }[];
}

export interface ProvisionOptions extends SshRuntimeOptions {
  readonly host: string;
  /** The units that are written say by themselves when they are ready. */
  readonly isNotifying: boolean;
}

const UNITS = '/etc/systemd/system';

/** Looks at a host. Changes nothing. Throws `ssh.*` when it cannot be reached or used. */
export async function planHostProvision(system: System, options: ProvisionOptions): Promise<HostProvision> {
  const { host, isNotifying } = options;
  const own = options.services.filter(({ runtime }) => runtime.kind === 'ssh' && runtime.hosts.includes(host));
  const context = createSshContext(system, { ...options, services: own.map((service) => onlyOn(service, host)) });
  await context.connections.run(host, LOG_IN);
  const { places } = await observeHosts(context, { components: [] });
  const [place] = places;
  if (!place?.isReachable) throw unsuitable(host, place?.evidence ?? 'it does not answer');
  const units = new Map(own.map((service) => [configOf(context, service.name).unit, service]));
  const found = await Promise.all(
    [...units].map(async ([unit, service]) => ({
      unit,
      service,
      text: await readUnit(context, { host, service: service.name }),
    })),
  );
  const { disk, memory, clockSkewMs } = place;
  return {
    host,
    facts: [
      place.evidence,
      ...(disk ? [`${formatBytes(disk.freeBytes)} free for ${options.hosts.folder}`] : []),
      ...(memory ? [`${formatBytes(memory.freeBytes)} of memory available`] : []),
      ...(clockSkewMs === undefined ? [] : [`clock ${clockSkewMs} ms off`]),
    ],
    present: found.filter(({ text }) => text !== '').map(({ unit }) => unit),
    missing: found
      .filter(({ text }) => text === '')
      .map(({ unit, service }) => ({
        unit,
        path: `${UNITS}/${unit}`,
        text: renderUnitFile({ deployment: options.deployment, service: service.name, unit, isNotifying }),
      })),
  };
}

/** Makes the folders and writes the units that are missing. What is there already is not touched, so it can be repeated. */
export async function provisionHost(system: System, options: ProvisionOptions, plan: HostProvision): Promise<void> {
  const context = createSshContext(system, options);
  const variables = { ...baseVariables(context), EPOCH: 0, RUN: '-' };
  const { host, missing } = plan;
  for (const { unit, path, text } of missing) {
    const action = `write ${unit}`;
    await context.connections.run(host, {
      action,
      variables: { ...variables, ACTION: action, UNIT_PATH: path, UNIT_TEXT: text.trimEnd() },
      text: WRITE_UNIT,
    });
  }
  const action = 'make folders';
  await context.connections.run(host, { action, variables: { ...variables, ACTION: action }, text: PROVISION });
}

/** One host answers for itself. */
function onlyOn(service: Service, host: string): Service {
  return service.runtime.kind === 'ssh' ? { ...service, runtime: { ...service.runtime, hosts: [host] } } : service;
}
