import {
  type Component,
  countInstances,
  type Hop,
  type InstanceFact,
  type PlannedRoll,
  type Release,
  type RollClass,
  type Service,
} from '../model/index.ts';
import type { HopFacts } from './hop-facts.ts';
import { buildWaves } from './waves.ts';

/** Which services roll, in the order of their dependencies, and which are carried. */
export function buildRolls(hop: HopFacts): {
  readonly rolls: readonly PlannedRoll[];
  readonly carried: Hop['carried'];
} {
  const { facts, request, release } = hop;
  const rolls: PlannedRoll[] = [];
  const carried: { service: string; producedBy: string }[] = [];
  for (const service of sortByDependency(facts.deployment.services, release)) {
    const component = release.components.find((candidate) => candidate.service === service.name);
    if (!component) continue;
    const reason = chooseReason(hop, service, component);
    if (reason === undefined) carried.push({ service: service.name, producedBy: component.producedBy });
    else if (request.only === undefined || request.only === service.name)
      rolls.push(planRoll(hop, service, component, reason));
  }
  return { rolls, carried };
}

function planRoll(hop: HopFacts, service: Service, component: Component, reason: PlannedRoll['reason']): PlannedRoll {
  const before = hop.previous?.components.find((candidate) => candidate.service === service.name);
  const { class: chosen, because } = limitRollClass(hop, service);
  const waves = chosen === 'one-shot' ? [] : buildWaves(service);
  return {
    service: service.name,
    class: chosen,
    ...(because === undefined ? {} : { because }),
    replicas: countInstances({ ...service, roll: chosen }),
    ...(waves.length === 0 ? {} : { waves }),
    after: dependenciesOf(service.name, hop.facts.deployment.services, hop.release),
    reason,
    ...(before ? { fromRelease: before.producedBy } : {}),
    identity: component.identity,
  };
}

/** Why a service rolls; `undefined` when what runs is what should run. */
function chooseReason(hop: HopFacts, service: Service, component: Component): PlannedRoll['reason'] | undefined {
  const { facts, release, previous, isFirst } = hop;
  const config = facts.configs.get(release.version)?.get(service.name);
  if (isFirst) {
    // What runs is known: compare with it.
    const own = facts.instances.filter((instance) => instance.service === service.name);
    if (chooseRollClass(service, release) === 'one-shot') {
      const isDone = own.some(
        (found) => found.identity === component.identity && found.config === config && found.exitCode === 0,
      );
      return isDone ? undefined : 'new-artifact';
    }
    const running = own.filter((instance) => instance.state === 'running');
    if (running.length === 0) return 'not-running';
    if (running.some((instance) => instance.identity !== component.identity)) return 'new-artifact';
    if (running.length !== countInstances(service) || running.some((instance) => instance.config !== config))
      return 'new-config';
    return isRouted(hop, service, running) ? undefined : 'not-routed';
  }
  // Later hops start from what the earlier one leaves running.
  const before = previous?.components.find((candidate) => candidate.service === service.name);
  if (!before) return 'not-running';
  if (before.identity !== component.identity) return 'new-artifact';
  return facts.configs.get(previous?.version ?? '')?.get(service.name) === config ? undefined : 'new-config';
}

/** True when the switch, if there is one, sends requests to exactly the instances that run. */
function isRouted(hop: HopFacts, service: Service, running: readonly InstanceFact[]): boolean {
  if (service.switch.kind === 'none') return true;
  const frontend = hop.facts.frontends.find((candidate) => candidate.service === service.name);
  const { listen } = service.switch;
  if (listen && frontend?.listen !== undefined && frontend.listen !== `${listen.host}:${listen.port}`) return false;
  const targets = frontend?.targets ?? [];
  const active = targets.filter((target) => target.state === 'active').map((target) => target.id);
  return (
    active.sort().join() ===
    running
      .map((instance) => instance.id)
      .sort()
      .join()
  );
}

/** Old and new beside each other only where the runtime says that they can be; where they merely should not, the operator's word counts. */
function limitRollClass(
  { facts, release }: HopFacts,
  service: Service,
): { readonly class: RollClass; readonly because?: string } {
  const chosen = chooseRollClass(service, release);
  const exclusive = facts.runtimes?.exclusive.find((found) => found.service === service.name);
  const isBeside = chosen === 'start-first' || chosen === 'overlap';
  if (!exclusive || !isBeside || (exclusive.isPossible && service.roll === chosen)) return { class: chosen };
  return { class: 'stop-first', because: exclusive.why };
}

/** The operator's word, then the vendor's, then what a switch in front makes possible. */
export function chooseRollClass(service: Service, release: Release): RollClass {
  const vendor = release.services.find((candidate) => candidate.name === service.name)?.roll;
  return service.roll ?? vendor ?? (service.switch.kind === 'none' ? 'overlap' : 'start-first');
}

/** Every service that must serve before this one rolls, directly or through others. */
function dependenciesOf(name: string, services: readonly Service[], release: Release): readonly string[] {
  const found = new Set<string>();
  const visit = (current: string): void => {
    for (const other of directDependencies(current, services, release)) {
      if (found.has(other)) continue;
      found.add(other);
      visit(other);
    }
  };
  visit(name);
  return [...found].sort();
}

function directDependencies(name: string, services: readonly Service[], release: Release): readonly string[] {
  const declared = services.find((service) => service.name === name)?.after;
  const vendor = release.services.find((service) => service.name === name)?.after ?? [];
  const known = new Set(services.map((service) => service.name));
  return (declared ?? vendor).filter((other) => known.has(other));
}

function sortByDependency(services: readonly Service[], release: Release): readonly Service[] {
  const depth = (service: Service) => dependenciesOf(service.name, services, release).length;
  return [...services].sort((a, b) => depth(a) - depth(b));
}
