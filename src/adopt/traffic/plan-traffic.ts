import { join } from 'node:path';
import type { Deployment, Service } from '../../model/index.ts';
import type { ComposeService, ObservedProject, PublishedPort } from '../compose/project.ts';
import { nothingToMove } from './errors.ts';
import type { MovedService, TrafficPlan } from './traffic-plan.ts';

export interface TrafficRequest {
  readonly deployment: Deployment;
  readonly project: ObservedProject;
  readonly image: string;
  readonly user: string;
  /** Folder of the ready-made HAProxy. */
  readonly folder: string;
  readonly graceMs: number;
}

/** Whose traffic is brought behind the ready-made switch: services in Compose whose `switch` in onward.yaml is in its folder. Pure. */
export function planTraffic({ deployment, project, folder, ...rest }: TrafficRequest): TrafficPlan {
  const services = deployment.services.flatMap((service) => toMoved(project, service, folder));
  if (services.length === 0) throw nothingToMove(folder);
  return { services, folder, ...rest };
}

function toMoved(project: ObservedProject, service: Service, folder: string): readonly MovedService[] {
  const { runtime, switch: config } = service;
  if (runtime.kind !== 'compose' || config.kind !== 'haproxy') return [];
  if (!isReadyMade(config, folder)) return [];
  const own = project.services.find(({ name }) => name === runtime.service);
  const port = runtime.port ?? own?.ports[0]?.target;
  if (!own || port === undefined) return [];
  const fixed = own.ports.find((one) => one.target === port && /^\d+$/.test(one.published ?? ''));
  return [
    {
      name: service.name,
      origin: own.name,
      backend: config.backend,
      mode: config.mode,
      port,
      ...(fixed ? { host: { port: Number(fixed.published), ...(fixed.hostIp ? { ip: fixed.hostIp } : {}) } } : {}),
      otherPorts: own.ports.filter((one) => one !== fixed).map(renderPort),
      networks: listNetworks(own),
    },
  ];
}

/** Whether a switch is the ready-made one of this folder. */
export function isReadyMade(config: Service['switch'], folder: string): boolean {
  if (config.kind !== 'haproxy' || !('path' in config.admin)) return false;
  return config.admin.path === join(folder, 'run/admin.sock');
}

/** A service that names no network is in the project's own. */
function listNetworks({ networks }: ComposeService): MovedService['networks'] {
  return networks.length === 0 ? [{ name: 'default', aliases: [] }] : networks;
}

function renderPort({ target, published, hostIp, protocol }: PublishedPort): string {
  const outside = published === undefined ? '' : `${published}:`;
  return `${hostIp === undefined ? '' : `${hostIp}:`}${outside}${target}${protocol === 'tcp' ? '' : `/${protocol}`}`;
}
