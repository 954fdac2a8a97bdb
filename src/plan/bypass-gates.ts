import {
  adviseLines,
  type BypassFact,
  describeBypasses,
  type Facts,
  type Finding,
  type Gate,
  type Hop,
  type InstanceFact,
  isAsked,
} from '../model/index.ts';
import { digestOfRisk } from './acceptances.ts';
import { gate } from './gate.ts';
import type { PlanRequest } from './plan-request.ts';

/**
 * Nobody sends requests past the switch to an instance that is going to be stopped. They would fail, and nothing that the run counts or waits for
 * knows of them. Only what was seen closes it; an operator who means it so can accept it. Of a run that goes on it was decided before.
 */
export function buildBypassGates(facts: Facts, { isResumed }: PlanRequest, planned: readonly Hop[]): readonly Gate[] {
  if (isResumed) return [];
  return listStopped(facts, planned).map(({ service, own, bypasses }) => {
    const id = `bypass:${service}`;
    const title = `No request gets past the switch to instances of ${service} that are going to be stopped`;
    const asked = bypasses.filter(isAsked);
    if (asked.length === 0)
      return gate(id, title, 'open', 'no other backend of HAProxy has been seen to send any there');
    const servers = asked.map(({ backend, server, instance }) => `${backend}/${server} ${instance}`).sort();
    const content = digestOfRisk({ risk: id, servers });
    const evidence = `${describeBypasses(asked)}. What is sent there fails once the instance is stopped. ${adviseLines(asked, own)} If that may fail: onward accept ${id} --reason '...'`;
    return { ...gate(id, title, 'closed', evidence, 'onward plan'), risk: id, content };
  });
}

/** Servers that could be asked, and were not seen to be: a note, because many keep a section that nothing leads to any more. */
export function bypassFindings(facts: Facts, planned: readonly Hop[]): readonly Finding[] {
  return listStopped(facts, planned).flatMap<Finding>(({ own, bypasses }) => {
    const idle = bypasses.filter((bypass) => !isAsked(bypass));
    if (idle.length === 0) return [];
    const message = `HAProxy knows instances that are going to be stopped past the switch, and asks nobody there: ${describeBypasses(idle)}. A line of a frontend that still leads there has to lead to ${own}; if none does, remove it.`;
    return [{ code: 'plan.idle-backend', severity: 'info', message }];
  });
}

interface Stopped {
  readonly service: string;
  /** The backend that Onward keeps. */
  readonly own: string;
  readonly bypasses: readonly BypassFact[];
}

/** Of each service that rolls, the servers past the switch whose instance does not stay. */
function listStopped(facts: Facts, planned: readonly Hop[]): readonly Stopped[] {
  return facts.frontends.flatMap(({ service, bypasses }) => {
    const config = facts.deployment.services.find(({ name }) => name === service)?.switch;
    if (!bypasses || config?.kind !== 'haproxy') return [];
    const stops = facts.instances.filter((one) => one.service === service && isStopped(facts, planned, one));
    if (stops.length === 0) return [];
    const ids = stops.map(({ id }) => id);
    return [{ service, own: config.backend, bypasses: bypasses.filter(({ instance }) => ids.includes(instance)) }];
  });
}

/** One that is what a roll leads to stays, as long as there are not too many of them. */
function isStopped(facts: Facts, planned: readonly Hop[], { service, identity, config }: InstanceFact): boolean {
  const running = facts.instances.filter((one) => one.service === service && one.state === 'running').length;
  return planned.some(({ to, steps }) =>
    steps.some(
      ({ roll }) =>
        roll?.service === service &&
        (roll.identity !== identity || facts.configs.get(to)?.get(service) !== config || running > roll.replicas),
    ),
  );
}
