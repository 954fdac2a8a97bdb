/**
 * The runtimes, one folder each, all behind the contract in runtime.ts. They know nothing of switches, rolls or releases.
 */
export { createComposeRuntime } from './compose/compose-runtime.ts';
export { createProcessRuntime } from './process/process-runtime.ts';
export type { CommandEnd, CommandSpec, Instance, InstanceSpec, InstanceState, Runtime } from './runtime.ts';
export { createConnections } from './ssh/connection.ts';
export { type HostProvision, planHostProvision, provisionHost } from './ssh/provision.ts';
export { createSshRuntime } from './ssh/ssh-runtime.ts';
