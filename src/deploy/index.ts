/**
 * Runtimes, switches and rolls: moves one service from what runs to what should run without failing a request. It decides neither
 * what should run nor what happens when a roll fails, and knows no release, journal or database.
 */
export { createFenceFile, type FenceFile } from './fence-file.ts';
export { type ProbeResult, probeInstance } from './probe.ts';
export { hasProcess } from './roll/instances.ts';
export type { DesiredInstance, PerformEffect, RollContext, RollRequest } from './roll/roll.ts';
export { prepareRoll, runRoll } from './roll/run-roll.ts';
export { targetsOf } from './roll/traffic.ts';
export {
  createComposeRuntime,
  createConnections,
  createProcessRuntime,
  createSshRuntime,
  type HostProvision,
  planHostProvision,
  provisionHost,
} from './runtimes/index.ts';
export type {
  CommandEnd,
  CommandOptions,
  CommandSpec,
  ForeignInstance,
  Instance,
  InstanceSpec,
  InstanceState,
  Runtime,
  StageRequest,
  TakeOver,
  Work,
} from './runtimes/runtime.ts';
export { stageArtifact } from './stage-artifact.ts';
export {
  type BuiltinSwitch,
  createBuiltinSwitch,
  createHaproxySwitch,
  type ProxiedService,
  type ProxyFiles,
  type ProxyService,
  RESOLVERS_SECTION,
  renderHaproxyBackend,
  renderHaproxyProxy,
} from './switches/index.ts';
export type {
  Frontend,
  FrontendChange,
  FrontendObservation,
  OtherServers,
  Switch,
  SwitchCounters,
  SwitchTarget,
} from './switches/switch.ts';
