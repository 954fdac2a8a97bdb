import { join } from 'node:path';
import type { System } from '../../../system/index.ts';
import type { Runtime } from '../runtime.ts';
import { createInstance, removeInstance, startInstance, stopInstance } from './change-instances.ts';
import { createConnections } from './connection.ts';
import { describeUnit } from './describe-unit.ts';
import { observeForeign, takeOver } from './foreign-units.ts';
import { listInstances } from './list-instances.ts';
import { observeHosts } from './observe-hosts.ts';
import { endAbandonedCommands, endCommands, runCommand } from './run-command.ts';
import type { SshContext, SshRuntimeOptions } from './ssh-context.ts';
import { locateOnHost, stageOnHosts } from './stage-on-hosts.ts';
import { tailJournal } from './tail-journal.ts';

/**
 * Instances as systemd units of other machines, reached by the ssh of this one. A host keeps what belongs to a deployment in
 * `<folder>/<deployment>`, and the drop-ins of its units below /etc/systemd/system. No program of Onward is installed there.
 */
export function createSshRuntime(system: System, options: SshRuntimeOptions): Runtime {
  const context = createSshContext(system, options);
  return {
    locate: (component) => locateOnHost(context, component),
    stage: (request, epoch) => stageOnHosts(context, request, epoch),
    observe: (work) => observeHosts(context, work),
    describeService: (service) => describeUnit(context, service),
    list: (service) => listInstances(context, service),
    observeForeign: (request) => observeForeign(context, request),
    takeOver: (taken) => takeOver(context, taken),
    create: (spec, epoch) => createInstance(context, spec, epoch),
    start: (id, epoch) => startInstance(context, id, epoch),
    stop: (id, epoch) => stopInstance(context, id, epoch),
    remove: (id, epoch) => removeInstance(context, id, epoch),
    tail: (id, lines) => tailJournal(context, id, lines),
    runCommand: (spec, more) => runCommand(context, spec, more),
    endCommands: (service, epoch) => endCommands(context, service, epoch),
    endAbandonedCommands: (service) => endAbandonedCommands(context, service),
  };
}

export function createSshContext(system: System, options: SshRuntimeOptions): SshContext {
  const { stateDirectory, hosts } = options;
  const { sshConfig, connectTimeoutMs } = hosts;
  return {
    ...options,
    system,
    connections: createConnections(system, {
      folder: join(stateDirectory, 'ssh'),
      connectTimeoutMs,
      ...(sshConfig === undefined ? {} : { sshConfig }),
    }),
    seen: new Map(),
    places: new Map(),
    addresses: new Map(),
  };
}
