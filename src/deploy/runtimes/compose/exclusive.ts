import type { Json, RuntimeFacts } from '../../../model/index.ts';
import { asList, type ProjectService } from './project-model.ts';

type Exclusive = RuntimeFacts['exclusive'][number];
type Map = { readonly [key: string]: Json | undefined };

/**
 * Why an old and a new container of a service cannot run at once, by its section of compose.yaml and the paths of the anonymous volumes that its
 * only container would hand on; `undefined`: they can. A volume that is written is a reason that the operator may know better of; the others
 * are not his to choose. Pure.
 */
export function findExclusive(
  service: string,
  section: ProjectService,
  { replicas = 1, handedOn = [] }: { readonly replicas?: number; readonly handedOn?: readonly string[] } = {},
): Exclusive | undefined {
  const hard = findCertain(section, replicas);
  if (hard !== undefined) return { service, why: hard };
  // Several of it share the volume already.
  if (replicas > 1) return undefined;
  const what = asList(section.volumes).filter(isWritten).map(describeVolume)[0] ?? describeUnnamed(handedOn[0]);
  return what === undefined ? undefined : { service, why: `both would write to ${what}`, isPossible: true };
}

function findCertain(section: ProjectService, replicas: number): string | undefined {
  const network = describeSharedNetwork(section.network_mode);
  if (network !== undefined) return `it uses ${network}, where only one can listen on a port`;
  const published = asList(section.ports).map((port) => String(port.published ?? ''));
  const port = published.find((each) => countPorts(each) < 2 * replicas);
  if (port !== undefined)
    return `only ${countPorts(port) === 1 ? 'one' : countPorts(port)} can have port ${port} of this machine`;
  const networks = Object.values((section.networks ?? {}) as Map).filter((found) => found !== null) as readonly Map[];
  const address = networks.map((found) => found.ipv4_address ?? found.ipv6_address).find(Boolean);
  if (address !== undefined) return `only one can have the address ${address}`;
  const mac = [section, ...networks].map((found) => found.mac_address).find(Boolean);
  return mac === undefined ? undefined : `only one can have the address ${mac}`;
}

/** `host`, `service:vpn` and `container:vpn`. */
function describeSharedNetwork(mode: Json | undefined): string | undefined {
  if (mode === 'host') return 'the network of this machine';
  const [, of] = /^(?:service|container):(.+)$/.exec(String(mode ?? '')) ?? [];
  return of === undefined ? undefined : `the network of ${of}`;
}

/** How many ports of the machine containers can share out: `8080` is one, `8080-8089` ten; where the engine chooses there is no end of them. */
function countPorts(published: string): number {
  const [, first = '0', last = first] = /^(\d+)(?:-(\d+))?$/.exec(published) ?? [];
  return Number(first) === 0 ? Number.POSITIVE_INFINITY : Number(last) - Number(first) + 1;
}

function describeVolume({ type, source, target }: Map): string | undefined {
  if (source === undefined) return describeUnnamed(String(target));
  return `${type === 'bind' ? 'the folder' : 'the volume'} ${source}`;
}

function describeUnnamed(target: string | undefined): string | undefined {
  return target === undefined ? undefined : `the volume at ${target}, which has no name`;
}

/** A socket is no data; what is read only is not written. */
function isWritten({ type, read_only, source }: Map): boolean {
  if (read_only === true || (type !== 'volume' && type !== 'bind')) return false;
  return !String(source ?? '').endsWith('.sock');
}
