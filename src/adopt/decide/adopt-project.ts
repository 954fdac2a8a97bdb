import type { ComposeService, Container, ObservedProject } from '../compose/project.ts';
import type { AdoptedProject, AdoptedProxy, AdoptedService } from './adopted.ts';
import { type AdoptedDatabase, listDatabases, toName } from './databases.ts';
import { type Decision, guessed, told, unknown } from './decision.ts';
import { parseImageName } from './image-name.ts';
import { findFront } from './own-haproxy.ts';
import { describeMachineProxies, describeProxy } from './proxies.ts';
import { chooseReadyProbe } from './ready-probe.ts';
import { chooseRollClass } from './roll-class.ts';
import { chooseServiceKind } from './service-kind.ts';
import { chooseServicePort, findFixedPort } from './service-port.ts';

/** Decides everything that can be told of a Compose project. Pure: the same project gives the same answer. */
export function adoptProject(project: ObservedProject): AdoptedProject {
  const kinds = project.services.map((service) => ({ service, kind: chooseServiceKind(project, service) }));
  const own = kinds.filter(({ kind }) => kind.value === 'application');
  const applications = own.map(({ service }) => service);
  const databases = listDatabases(project, applications);
  const names = applications.map(({ name }) => name);
  const proxies = [
    ...kinds
      .filter(({ kind }) => kind.value === 'proxy')
      .map(({ service }) => describeProxy(project, service, applications)),
    ...describeMachineProxies(project, applications),
  ];
  return {
    name: toName(project.name),
    product: chooseProduct(project, applications),
    services: own.map(({ service, kind }) => adoptService(project, service, { kind, names, databases, proxies })),
    databases,
    others: kinds
      .filter(({ kind }) => kind.value !== 'application')
      .map(({ service, kind }) => ({ name: service.name, kind })),
    proxies,
    profiles: listProfiles(project),
  };
}

interface Surroundings {
  readonly kind: AdoptedService['kind'];
  readonly names: readonly string[];
  readonly databases: readonly AdoptedDatabase[];
  readonly proxies: readonly AdoptedProxy[];
}

function adoptService(
  project: ObservedProject,
  service: ComposeService,
  { kind, names, databases, proxies }: Surroundings,
): AdoptedService {
  const containers = project.containers.filter((one) => one.service === service.name && !one.isOneOff);
  const healthTest = containers.find((one) => one.healthTest.length > 0)?.healthTest ?? service.healthTest;
  const asked = chooseReadyProbe(healthTest, undefined).value.port;
  const front = findFront(
    proxies.map(({ own }) => own),
    toName(service.name),
  );
  const port = portBehind(front, chooseServicePort(project, service, asked));
  const probe = chooseReadyProbe(healthTest, port.value);
  const replicas = chooseReplicas(service, containers);
  const entry = front ? chooseFrontEntry(project, front) : chooseEntry(service, port.value);
  const database = databases.find(({ services }) => services.includes(service.name));
  return {
    name: toName(service.name),
    origin: service.name,
    kind,
    roll: chooseRollClass(project, service, {
      port: port.value,
      replicas: replicas.value,
      ...(front ? { front: front.own.name } : {}),
    }),
    ready: { ...probe, value: probe.value.probe },
    port,
    replicas,
    after: service.dependsOn
      .map((one) => one.service)
      .filter((name) => names.includes(name))
      .map(toName),
    ...(entry ? { entry } : {}),
    mode: front?.fronted.mode ?? (probe.value.probe.kind === 'http' || isUsuallyHttp(port.value) ? 'http' : 'tcp'),
    ...(front ? { front } : {}),
    ...toGrace(service),
    image: chooseImage(project, service),
    ...(database ? { database: database.name } : {}),
  };
}

function portBehind(front: AdoptedService['front'], port: Decision<number | undefined>): Decision<number | undefined> {
  if (!front || port.value !== undefined) return port;
  return told(front.fronted.port, `${front.own.name} sends its requests there`);
}

/** Where clients reach the frontend: what the machine gives of its container, or what it listens on. */
function chooseFrontEntry(
  project: ObservedProject,
  { own, fronted }: NonNullable<AdoptedService['front']>,
): AdoptedService['entry'] {
  const { bind } = fronted;
  if (bind === undefined) return undefined;
  const proxy = project.services.find(({ name }) => own.isInProject && name === own.name);
  if (!proxy || proxy.networkMode === 'host') return told({ host: '0.0.0.0', port: bind }, `${own.name} listens there`);
  return chooseEntry(proxy, bind);
}

/** Compose writes `1m30s` where Onward writes `90s`. */
function toGrace({ stopGracePeriod }: ComposeService): { readonly grace?: string } {
  const [, hours, minutes, seconds] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(stopGracePeriod ?? '') ?? [];
  const total = Number(hours ?? 0) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return total > 0 ? { grace: `${total}s` } : {};
}

function chooseReplicas(service: ComposeService, containers: readonly Container[]): Decision<number> {
  const running = containers.filter(({ state }) => state === 'running').length;
  if (running > 0) return told(running, running === 1 ? 'one runs' : `${running} run`);
  return told(service.replicas ?? 1, service.replicas === undefined ? 'none runs' : 'compose.yaml says so; none runs');
}

function chooseEntry(service: ComposeService, port: number | undefined): AdoptedService['entry'] {
  const fixed = findFixedPort(service, port);
  if (!fixed) return undefined;
  return told(
    { host: fixed.hostIp ?? '0.0.0.0', port: Number(fixed.published) },
    `compose.yaml publishes ${fixed.target} there`,
  );
}

function isUsuallyHttp(port: number | undefined): boolean {
  return port !== undefined && /^(80|443|3\d00|4\d00|5000|8\d\d0|8\d\d[1-9]|9\d00)$/.test(String(port));
}

/** What runs now, by content; of a task that has left no container, what others run of the same image. */
function chooseImage(project: ObservedProject, service: ComposeService): AdoptedService['image'] {
  const own = project.containers.filter((one) => one.service === service.name && !one.isOneOff);
  const twins = project.containers.filter(({ image }) => image !== '' && image === service.image);
  const containers = own.length > 0 ? own : twins;
  const [first] = containers;
  const { name, image = 'built' } = service;
  if (!first) return unknown(undefined, `which image ${name} is: it has no container; compose.yaml says ${image}`);
  const ids = new Set(containers.map(({ imageId }) => imageId));
  if (ids.size > 1) {
    return unknown(
      undefined,
      `which image ${name} is: its ${containers.length} containers run ${ids.size} different ones`,
    );
  }
  const { repository } = parseImageName(first.image);
  const digest = first.repoDigests.find((one) => one.startsWith(`${repository}@`)) ?? first.repoDigests[0];
  if (digest === undefined) {
    return unknown(
      undefined,
      `by which digest a registry knows ${first.image}: it was built or loaded here (${first.imageId.slice(0, 19)}); push it, then pull it by its digest`,
    );
  }
  return own.length > 0
    ? told(digest, `${first.image} runs as this`)
    : guessed(digest, `it has no container, and ${first.service} runs ${first.image} as this`);
}

/** The name that most of the images share, else the project's. */
function chooseProduct(project: ObservedProject, applications: readonly ComposeService[]): Decision<string> {
  const owners = applications.flatMap(
    ({ image }) =>
      parseImageName(image ?? '')
        .owner.split('/')
        .at(-1) || [],
  );
  const named = owners.filter((owner) => !/[.:]/.test(owner));
  const [first] = named;
  if (first !== undefined && named.every((owner) => owner === first)) {
    return guessed(toName(first), 'its images stand under this name');
  }
  return guessed(toName(project.name), 'it is the name of the Compose project');
}

/** Services without a profile always run. */
function listProfiles(project: ObservedProject): readonly string[] {
  const running = new Set(
    project.containers.filter((one) => one.state === 'running' && !one.isOneOff).map((one) => one.service),
  );
  const active = project.services.filter(({ name }) => running.has(name)).flatMap(({ profiles }) => profiles);
  return [...new Set(active)];
}
