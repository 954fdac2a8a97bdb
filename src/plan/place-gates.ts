import {
  type Facts,
  type Finding,
  formatBytes,
  type Gate,
  type Hop,
  type PlaceFact,
  type Release,
} from '../model/index.ts';
import { digestOfRisk } from './acceptances.ts';
import { gate } from './gate.ts';
import type { PlanRequest } from './plan-request.ts';
import { chooseRollClass, explainNotAtOnce } from './roll-class.ts';

/** Room that must stay free beside what is fetched. */
const DISK_MARGIN_BYTES = 64 * 1024 * 1024;

/** Of the places that instances run in, other than processes of this machine. */
export function buildPlaceGates(facts: Facts, request: PlanRequest): readonly Gate[] {
  const { runtimes } = facts;
  if (!runtimes) return [];
  return [
    ...runtimes.places.flatMap((place) => [reachableGate(place), ...(place.isReachable ? [diskGate(place)] : [])]),
    ...findingsGate(runtimes.findings),
    ...atOnceGates(facts, request),
  ];
}

function reachableGate({ runtime, place, login, isReachable, evidence }: PlaceFact): Gate {
  const command = login === undefined ? 'docker info' : `${login} true`;
  const title = runtime === 'compose' ? 'The Docker engine can be reached' : `Host ${place} can be reached`;
  return gate(`place:${place}`, title, isReachable ? 'open' : 'closed', evidence, command);
}

function diskGate({ runtime, place, login, disk }: PlaceFact): Gate {
  const id = `disk:${place}`;
  const title = runtime === 'compose' ? 'There is room for images' : `There is room on the disk of ${place}`;
  const command = login === undefined ? 'docker system df' : `${login} df -h`;
  if (!disk) return gate(id, title, 'unknown', 'how much is free cannot be told', command);
  const needed = disk.neededBytes === 0 ? 0 : disk.neededBytes + DISK_MARGIN_BYTES;
  const evidence = `${formatBytes(disk.freeBytes)} are free, ${formatBytes(needed)} are needed`;
  return gate(id, title, disk.freeBytes >= needed ? 'open' : 'closed', evidence, command);
}

/** What the runtimes have found wrong in the operator's files and programs. */
function findingsGate(findings: readonly Finding[]): readonly Gate[] {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const title = 'Services can be run as onward.yaml says';
  if (errors.length === 0) return [];
  const evidence = errors.map(({ message, hint }) => (hint === undefined ? message : `${message} ${hint}`)).join(' ');
  return [gate('runtimes', title, 'closed', evidence)];
}

/** The operator wants old and new at once, and that cannot be. Where it only should not be, he may know better. */
function atOnceGates(facts: Facts, { hops }: PlanRequest): readonly Gate[] {
  const release = facts.releases.get(hops.at(-1)?.to ?? '');
  if (!release) return [];
  return facts.deployment.services.flatMap((service) => {
    if (service.roll === undefined) return [];
    const wanted = chooseRollClass(service, release);
    const why = explainNotAtOnce(facts, service, wanted);
    if (why === undefined) return [];
    const id = `at-once:${service.name}`;
    const title = `An old and a new ${service.name} can run at once, as ${wanted} needs`;
    const isPossible = facts.runtimes?.exclusive.some((each) => each.service === service.name && each.isPossible);
    return [isPossible ? acceptable(id, { title, why, release }) : gate(id, title, 'closed', why)];
  });
}

/** What rolls although something is lost by it. What was decided of it before a run goes on stays decided. */
export function buildLossGates(
  facts: Facts,
  { hops, isResumed }: PlanRequest,
  planned: readonly Hop[],
): readonly Gate[] {
  const release = facts.releases.get(hops.at(-1)?.to ?? '');
  if (!release || isResumed) return [];
  const rolled = planned.flatMap(({ steps }) => steps.flatMap(({ roll }) => roll?.service ?? []));
  return (facts.runtimes?.losses ?? [])
    .filter(({ service }) => rolled.includes(service))
    .map(({ service, why }) => {
      const title = `Nothing is lost when ${service} rolls`;
      return acceptable(`loss:${service}`, { title, why, release });
    });
}

function acceptable(id: string, of: { readonly title: string; readonly why: string; readonly release: Release }): Gate {
  const { title, why, release } = of;
  const content = digestOfRisk({ risk: id, release: release.version, why });
  return { ...gate(id, title, 'closed', why, `onward accept ${id} --reason '...'`), risk: id, content };
}
