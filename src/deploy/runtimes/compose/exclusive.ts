import type { Json, RuntimeFacts } from '../../../model/index.ts';
import type { ProjectService } from './project-model.ts';

type Exclusive = RuntimeFacts['exclusive'][number];
type Map = { readonly [key: string]: Json | undefined };

/**
 * Why an old and a new container of a service cannot run at once, by its section of compose.yaml; `undefined`: they can. A volume that is
 * written is a reason that the operator may know better of; the others are not his to choose. Pure.
 */
export function findExclusive(service: string, section: ProjectService, replicas = 1): Exclusive | undefined {
  const hard = findCertain(section);
  if (hard !== undefined) return { service, why: hard };
  // Several of it share the volume already.
  if (replicas > 1) return undefined;
  const volume = asList(section.volumes).find(isWritten);
  if (!volume) return undefined;
  const name = volume.source ?? volume.target;
  return {
    service,
    why: `both would write to ${volume.type === 'bind' ? 'the folder' : 'the volume'} ${name}`,
    isPossible: true,
  };
}

function findCertain(section: ProjectService): string | undefined {
  if (section.network_mode === 'host')
    return 'it uses the network of this machine, where only one can listen on a port';
  const port = asList(section.ports).find(({ published }) => isFixed(published));
  if (port) return `only one can have port ${port.published} of this machine`;
  const networks = Object.values((section.networks ?? {}) as Map).filter((found) => found !== null);
  const address = networks.map((found) => (found as Map).ipv4_address ?? (found as Map).ipv6_address).find(Boolean);
  return address === undefined ? undefined : `only one can have the address ${address}`;
}

/** `8080`; not one of a range, and not one that the engine chooses. */
function isFixed(published: Json | undefined): boolean {
  return /^[1-9]\d*$/.test(String(published ?? ''));
}

/** A socket is no data; what is read only is not written. */
function isWritten({ type, read_only, source }: Map): boolean {
  if (read_only === true || (type !== 'volume' && type !== 'bind')) return false;
  return !String(source ?? '').endsWith('.sock');
}

function asList(value: Json | undefined): readonly Map[] {
  return Array.isArray(value) ? (value as readonly Map[]) : [];
}
