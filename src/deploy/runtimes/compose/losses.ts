import type { Json } from '../../../model/index.ts';
import type { Project, ProjectService } from './project-model.ts';

/** Of another container a service may use these; they go with it. */
const NAMESPACES = { network_mode: 'network', pid: 'processes', ipc: 'memory' } as const;

/**
 * What other services of the project lose once the containers of a service are others: half sentences. They share something with one
 * container, or know it by a name that only the one has which was there when they were made. Pure.
 */
export function findLosses({ services }: Pick<Project, 'services'>, own: string): readonly string[] {
  return Object.entries(services)
    .filter(([name]) => name !== own)
    .flatMap(([name, section]) => [...findShared(name, section, own), ...findLinks(name, section, { own, services })]);
}

/** Half a sentence on a container that has the network of another one. */
export function describeSharing(name: string, what = 'network'): string {
  return `${name} shares the ${what} of its container, and loses it with that: give ${name} one of its own`;
}

function findShared(name: string, section: ProjectService, own: string): readonly string[] {
  return Object.entries(NAMESPACES).flatMap(([key, what]) =>
    section[key] === `service:${own}` ? [describeSharing(name, what)] : [],
  );
}

/** By the name of the service, or an alias that it has in the network, a new one is found too. */
function findLinks(
  name: string,
  section: ProjectService,
  { own, services }: { readonly own: string; readonly services: Project['services'] },
): readonly string[] {
  const known = new Set([own, ...listAliases(services[own])]);
  const links = ((section.links ?? []) as readonly string[]).map((link) => link.split(':'));
  return links
    .filter(([to, as = own]) => to === own && !known.has(as))
    .map(
      ([, as]) =>
        `${name} calls it ${as} by a link, which leads to the container of before alone: give it ${as} as an alias in its network`,
    );
}

/** The names that a service has in its networks, beside its own. */
export function listAliases(section: ProjectService | undefined): readonly string[] {
  const networks = (section?.networks ?? {}) as { readonly [key: string]: Json };
  return Object.values(networks).flatMap(
    (each) => (each as { readonly aliases?: readonly string[] } | null)?.aliases ?? [],
  );
}
