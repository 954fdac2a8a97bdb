import {
  type Component,
  countInstances,
  type Hop,
  type InstanceFact,
  type PlannedRoll,
  type Release,
  type Service,
} from '../model/index.ts';
import type { HopFacts } from './hop-facts.ts';
import { chooseRoll, chooseRollClass } from './roll-class.ts';
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
  const chosen = chooseRoll(hop.facts, service, hop.release);
  const waves = chosen.class === 'one-shot' ? [] : buildWaves(service);
  return {
    service: service.name,
    ...chosen,
    replicas: countInstances({ ...service, roll: chosen.class }),
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
  const own = facts.instances.filter((instance) => instance.service === service.name);
  if (isFirst && own.every(({ state }) => state !== 'unknown')) {
    // What runs is known: compare with it.
    if (chooseRollClass(service, release) === 'one-shot') {
      const isDone = own.some(
        (found) => found.identity === component.identity && found.config === config && found.exitCode === 0,
      );
      return isDone ? undefined : 'new-artifact';
    }
    const running = own.filter((instance) => instance.state === 'running');
    if (running.length === 0) return 'not-running';
    if (running.some((instance) => instance.identity !== component.identity)) return 'new-artifact';
    if (running.some((instance) => instance.config !== config)) return 'new-config';
    if (running.length !== countInstances(service)) return 'other-number';
    return isRouted(hop, service, running) ? undefined : 'not-routed';
  }
  // Later hops start from what the earlier one leaves running; what cannot be seen is taken for what is recorded.
  const before = previous?.components.find((candidate) => candidate.service === service.name);
  if (!before) return 'not-running';
  if (before.identity !== component.identity) return 'new-artifact';
  return facts.configs.get(previous?.version ?? '')?.get(service.name) === config ? undefined : 'new-config';
}

/** True when the switch, if there is one, sends requests to exactly the instances that run, and to where they listen now. */
function isRouted(hop: HopFacts, service: Service, running: readonly InstanceFact[]): boolean {
  if (service.switch.kind === 'none') return true;
  const frontend = hop.facts.frontends.find((candidate) => candidate.service === service.name);
  const { listen } = service.switch;
  if (listen && frontend?.listen !== undefined && frontend.listen !== `${listen.host}:${listen.port}`) return false;
  const targets = frontend?.targets ?? [];
  const active = targets.filter((target) => target.state === 'active');
  return (
    active.length === running.length &&
    running.every(({ id, address }) => {
      const target = active.find((candidate) => candidate.id === id);
      return target !== undefined && (address === undefined || (target.address ?? address) === address);
    })
  );
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
