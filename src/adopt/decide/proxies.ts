import type { ComposeService, ObservedProject } from '../compose/project.ts';
import type { ObservedHaproxy } from '../haproxy/observed-haproxy.ts';
import { insidePath } from '../haproxy/reach.ts';
import type { AdoptedProxy } from './adopted.ts';
import { listConfigured } from './configured.ts';
import { toName } from './databases.ts';
import { parseImageName } from './image-name.ts';
import { type Frontable, type OwnHaproxy, planOwnHaproxy } from './own-haproxy.ts';

/** The proxies of a project, whom they front, and how each can stand before the switch, or be it. */
export function describeProxy(
  project: ObservedProject,
  service: ComposeService,
  applications: readonly ComposeService[],
): AdoptedProxy {
  const software = parseImageName(service.image ?? '').name;
  const texts = listConfigured(project, service.name).map(({ text }) => text);
  const variables = Object.values(service.environment);
  const fronts = applications
    .map(({ name }) => name)
    .filter(
      (name) =>
        [...texts, ...variables].some((text) => namesHost(text, name)) ||
        service.dependsOn.some((dependency) => dependency.service === name),
    );
  const own = /^haproxy/.test(software) ? planOfProject(project, service, applications) : undefined;
  return {
    ...{ name: service.name, software, fronts, advice: adviseProxy(software) },
    ...(own === undefined ? {} : { own }),
  };
}

/** HAProxy outside of the project, on this machine, where it sends requests to a service of the project. */
export function describeMachineProxies(
  project: ObservedProject,
  applications: readonly ComposeService[],
): readonly AdoptedProxy[] {
  const addresses = (service: ComposeService) => [
    ...addressesOf(project, service),
    ...service.ports.flatMap(({ published, hostIp = '127.0.0.1' }) =>
      [hostIp, '127.0.0.1', 'localhost'].map((host) => `${host}:${published}`),
    ),
  ];
  const services = applications.map((service) => ({ name: toName(service.name), addresses: addresses(service) }));
  return project.haproxies.flatMap((haproxy) => {
    const own = planOwnHaproxy(haproxy, services, { folder: project.folder });
    if (own === undefined) return [];
    const fronts = typeof own === 'string' ? [] : own.fronted.map(({ name }) => name);
    return [{ name: haproxy.name, software: 'haproxy', fronts, advice: adviseProxy('haproxy'), own }];
  });
}

function planOfProject(
  project: ObservedProject,
  service: ComposeService,
  applications: readonly ComposeService[],
): OwnHaproxy | string | undefined {
  const isOnHost = service.networkMode === 'host';
  const haproxy: ObservedHaproxy = {
    name: service.name,
    words: service.command,
    files: (project.configurations[service.name] ?? []).map(({ path, text }) => ({
      path: insidePath(service.mounts, path),
      text,
    })),
    container: { mounts: service.mounts, ports: isOnHost ? 'host' : service.ports },
    variables: service.environment,
  };
  const services: readonly Frontable[] = applications.map((one) => ({
    name: toName(one.name),
    addresses: [
      ...[one.name, ...(one.containerName === undefined ? [] : [one.containerName])],
      ...one.networks.flatMap(({ aliases }) => aliases),
      ...project.containers.flatMap((container) => (container.service === one.name ? [container.name] : [])),
      ...addressesOf(project, one),
    ],
  }));
  const networks = (name: string) => {
    const found = applications.find((one) => toName(one.name) === name);
    return found && !isOnHost ? findNoNetwork(found, service) : undefined;
  };
  return planOwnHaproxy(haproxy, services, { folder: project.folder, networks });
}

function addressesOf({ containers }: ObservedProject, { name }: ComposeService): readonly string[] {
  const own = containers.filter(({ service }) => service === name);
  return own.flatMap(({ networks }) => networks.map(({ address }) => address)).filter((address) => address !== '');
}

/** Onward tells a switch the address of a container in one of its networks. */
function findNoNetwork(service: ComposeService, proxy: ComposeService): string | undefined {
  const namesOf = ({ networks }: ComposeService) =>
    networks.length === 0 ? ['default'] : networks.map(({ name }) => name).sort();
  const names = namesOf(service);
  const chosen = names.includes('default') ? 'default' : (names[0] ?? 'default');
  if (namesOf(proxy).includes(chosen)) return undefined;
  return `its address is that of the network ${chosen}, in which ${proxy.name} is not: add it to that network`;
}

function namesHost(text: string, name: string): boolean {
  return new RegExp(`(^|[^\\w.-])${name.replaceAll('.', '\\.')}(:\\d+|[/"';\\s]|$)`, 'm').test(text);
}

/** They keep the address that a name had when they started. */
const ASKS_ONCE = /^(nginx|openresty|haproxy)/;

function adviseProxy(software: string): string {
  const why = /^haproxy/.test(software)
    ? 'it stays in front as it is.'
    : `it stays in front as it is and cannot be the switch: ${software} changes targets by reloading or by discovery, which cuts idle connections.`;
  return `${why} "onward adopt traffic" puts HAProxy between it and the services, under their names, so its configuration stays${ASKS_ONCE.test(software) ? `; ${software} looks names up when it starts: reload it once after that` : ''}`;
}
