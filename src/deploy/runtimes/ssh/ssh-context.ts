import type { HostsConfig, RuntimeConfig, Service } from '../../../model/index.ts';
import type { System } from '../../../system/index.ts';
import type { PullLimits } from '../pull.ts';
import type { Instance } from '../runtime.ts';
import type { Connections } from './connection.ts';

export type SshService = Extract<RuntimeConfig, { readonly kind: 'ssh' }>;

export interface SshRuntimeOptions {
  readonly deployment: string;
  readonly stateDirectory: string;
  readonly hosts: HostsConfig;
  /** Those of the deployment; the ones of other runtimes are left alone. */
  readonly services: readonly Service[];
  readonly pullLimits?: PullLimits;
}

/** What every part of the runtime has at hand. */
export interface SshContext extends SshRuntimeOptions {
  readonly system: System;
  readonly connections: Connections;
  /** What was seen last, so that an instance on a host that is away has a name. By service, then host. */
  readonly seen: Map<string, Map<string, readonly Instance[]>>;
  /** Of the instances that were created or looked for here. */
  readonly places: Map<string, { readonly host: string; readonly service: string }>;
  /** Of hosts, as they are found by the network. */
  readonly addresses: Map<string, Promise<string>>;
}

/** What onward.yaml says of how a service runs on hosts. */
export function configOf(context: Pick<SshContext, 'services'>, service: string): SshService {
  const config = context.services.find(({ name }) => name === service)?.runtime;
  if (config?.kind !== 'ssh') throw new Error(`Service ${service} has no hosts`);
  return config;
}

/** The variables that every script of a deployment has. */
export function baseVariables({ deployment, hosts }: Pick<SshContext, 'deployment' | 'hosts'>) {
  return { FOLDER: hosts.folder, DEPLOYMENT: deployment };
}

/** Every host of the deployment once, in the order of onward.yaml. */
export function allHosts({ services }: Pick<SshContext, 'services'>): readonly string[] {
  return [...new Set(services.flatMap(({ runtime }) => (runtime.kind === 'ssh' ? runtime.hosts : [])))];
}

/** How a person logs in there, as it is typed on this machine. */
export function loginOf({ hosts }: Pick<SshContext, 'hosts'>, host: string): string {
  return hosts.sshConfig === undefined ? `ssh ${host}` : `ssh -F ${hosts.sshConfig} ${host}`;
}

export function isTemplate(unit: string): boolean {
  return unit.endsWith('@.service');
}
