import type { ComposeService, ObservedProject } from '../compose/project.ts';
import { type Decision, guessed, told, unknown } from './decision.ts';
import { parseImageName } from './image-name.ts';
import { findKnownSoftware } from './known-software.ts';

/** `application`: a release of the product ships it. The others are never touched by a release. */
export type ServiceKind = 'application' | 'stateful' | 'proxy' | 'tool';

/** What a service of a Compose project is to the product. */
export function chooseServiceKind(project: ObservedProject, service: ComposeService): Decision<ServiceKind> {
  if (service.isBuilt) return told('application', 'it is built from source here');
  const image = service.image ?? '';
  const { name } = parseImageName(image);
  const known = findKnownSoftware(image);
  if (known === 'proxy') return told('proxy', `${name} is a proxy`);
  if (known === 'tool') return told('tool', `${name} is a tool beside the product`);
  if (known) return told('stateful', `${name} is a ${known}`);
  const sharing = project.services.filter((other) => other !== service && isSameRepository(other, service));
  if (sharing.length > 0) {
    return guessed('application', `${describe(sharing)} the same image repository, and it is no known database`);
  }
  const relatives = project.services.filter((other) => other !== service && hasSameOwner(other, service));
  if (relatives.length > 0) return guessed('application', `its image stands beside that of ${relatives[0]?.name}`);
  const volume = service.mounts.find(({ kind, isReadOnly }) => kind === 'volume' && !isReadOnly);
  if (volume && !isNamedAlike(project, service)) {
    return unknown('stateful', `it writes to a volume at ${volume.target}, and ${name} is not known`);
  }
  return guessed('application', `${name} is no known database, broker, cache, proxy or tool`);
}

function isSameRepository(other: ComposeService, service: ComposeService): boolean {
  return repositoryOf(other) === repositoryOf(service);
}

function hasSameOwner(other: ComposeService, service: ComposeService): boolean {
  const { owner } = parseImageName(service.image ?? '');
  if (owner === '' || findKnownSoftware(other.image ?? '') !== undefined) return false;
  return parseImageName(other.image ?? '').owner === owner;
}

function isNamedAlike(project: ObservedProject, service: ComposeService): boolean {
  return parseImageName(service.image ?? '').repository.includes(project.name);
}

function repositoryOf({ image, name }: ComposeService): string {
  return image === undefined ? `built:${name}` : parseImageName(image).repository;
}

function describe(services: readonly ComposeService[]): string {
  const [first, second] = services.map(({ name }) => name);
  if (services.length === 1) return `${first} has`;
  return services.length === 2 ? `${first} and ${second} have` : `${first} and ${services.length - 1} others have`;
}
