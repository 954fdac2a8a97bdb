/**
 * The switches, one folder each, all behind the contract in switch.ts. They move traffic between instances; they know nothing of
 * runtimes, rolls or releases, and never start or stop an instance.
 */
export { type BuiltinSwitch, type BuiltinSwitchOptions, createBuiltinSwitch } from './builtin/client.ts';
export { createHaproxySwitch } from './haproxy/haproxy-switch.ts';
export { RESOLVERS_SECTION, renderHaproxyBackend } from './haproxy/render-backend.ts';
export {
  type ProxiedService,
  type ProxyFiles,
  type ProxyService,
  renderHaproxyProxy,
} from './haproxy/render-proxy.ts';
export type {
  Frontend,
  FrontendChange,
  FrontendObservation,
  Switch,
  SwitchCounters,
  SwitchTarget,
  TargetState,
} from './switch.ts';
