import type { ReadyProbe, RollClass } from '../../model/index.ts';
import type { ComposeService, ObservedProject } from '../compose/project.ts';
import type { ObservedHaproxy } from '../haproxy/observed-haproxy.ts';
import type { ObservedHost, ObservedUnit } from '../hosts/observed-host.ts';
import { type AdoptedDatabase, listDatabases } from './databases.ts';
import { type Decision, guessed, told, unknown } from './decision.ts';
import { describeHostProxies, type HostProxy, nameOf } from './host-proxies.ts';
import { findKnownSoftware, type KnownSoftware } from './known-software.ts';
import { type FrontedService, findFront, type OwnHaproxy } from './own-haproxy.ts';
import { chooseUnitImage, type UnitImage } from './unit-image.ts';

/** A unit of hosts that is a service of the product. */
export interface AdoptedUnit {
  readonly name: string;
  readonly unit: string;
  readonly hosts: readonly string[];
  /** On each host. */
  readonly replicas: Decision<number>;
  /** A port, or a range of them. */
  readonly port?: Decision<string>;
  readonly roll: Decision<RollClass>;
  readonly ready: Decision<ReadyProbe>;
  readonly command: readonly string[];
  /** What keeps Onward from driving its unit as it is, each with what is to be changed. */
  readonly obstacles: readonly string[];
  /** Of a unit that runs a container. */
  readonly container?: UnitImage;
  /** The operator's own HAProxy on this machine, where it sends requests to this service and can be the switch. */
  readonly front?: { readonly own: OwnHaproxy; readonly fronted: FrontedService };
  readonly database?: string;
}

export interface AdoptedHosts {
  readonly services: readonly AdoptedUnit[];
  readonly databases: readonly AdoptedDatabase[];
  readonly others: readonly { readonly name: string; readonly kind: Decision<KnownSoftware | 'not running'> }[];
  readonly proxies: readonly HostProxy[];
}

/** Decides everything that can be told of hosts; `here`: the HAProxys of this machine. Pure. */
export function adoptHosts(hosts: readonly ObservedHost[], here: readonly ObservedHaproxy[]): AdoptedHosts {
  const names = [...new Set(hosts.flatMap(({ units }) => units.map(({ unit }) => unit)))];
  const all = names.map((unit) => ({ unit, found: hosts.map((host) => ({ ...host, units: ofUnit(host, unit) })) }));
  const kinds = all.map((one) => ({
    ...one,
    other: findOther(
      one.unit,
      one.found.flatMap(({ units }) => units),
    ),
  }));
  const own = kinds.filter(({ other }) => other === undefined);
  const databases = listDatabases(asProject(own), asProject(own).services).map(reachFromHere);
  const proxies = describeHostProxies(own, hosts, here);
  return {
    services: own.map(({ unit, found }) => adoptUnit(unit, found, { databases, proxies })),
    databases,
    proxies,
    others: kinds.flatMap(({ unit, other }) => (other ? [{ name: unit, kind: other }] : [])),
  };
}

type Found = readonly ObservedHost[];

/** Those that run; a template without an instance has none. */
function ofUnit({ units }: ObservedHost, unit: string): readonly ObservedUnit[] {
  return units.filter((one) => one.unit === unit && one.isActive);
}

function findOther(unit: string, active: readonly ObservedUnit[]): AdoptedHosts['others'][number]['kind'] | undefined {
  if (active.length === 0) return told('not running', 'it is not active on any of the hosts');
  const program = active[0]?.command[0]?.split('/').at(-1) ?? '';
  const image = active[0]?.container?.reference ?? '';
  const software =
    findKnownSoftware(unit.replace(/@?\.service$/, '')) ?? findKnownSoftware(program) ?? findKnownSoftware(image);
  return software && told(software, `${image || program || unit} is a ${software}`);
}

interface Surroundings {
  readonly databases: readonly AdoptedDatabase[];
  readonly proxies: readonly HostProxy[];
}

function adoptUnit(unit: string, found: Found, { databases, proxies }: Surroundings): AdoptedUnit {
  const active = found.flatMap(({ units }) => units);
  const name = nameOf(unit);
  const most = Math.max(...found.map(({ units }) => units.length));
  const port = choosePort(unit, active, most);
  const unseen = port ? undefined : active.find((one) => one.unseen !== undefined)?.unseen;
  const database = databases.find(({ services }) => services.includes(name));
  const container = chooseUnitImage(found.flatMap(({ host, units }) => units.map((one) => ({ ...one, host }))));
  // One on another machine cannot be the switch from here.
  const front = findFront(
    proxies.map(({ host, own }) => (host === undefined ? own : undefined)),
    name,
  );
  return {
    name,
    unit,
    hosts: found.filter(({ units }) => units.length > 0).map(({ host }) => host),
    replicas: told(most, most === 1 ? 'one runs on a host' : `${most} run on a host`),
    ...(port ? { port } : {}),
    roll: chooseRoll(unit, {
      hasPort: port !== undefined,
      most,
      ...(front ? { front: front.own.name } : {}),
      ...(unseen === undefined ? {} : { unseen }),
    }),
    ready: chooseReady(active, port !== undefined, unseen),
    command: active[0]?.command ?? [],
    obstacles: listObstacles(active),
    ...(container ? { container } : {}),
    ...(front ? { front } : {}),
    ...(database ? { database: database.name } : {}),
  };
}

interface Listening {
  readonly hasPort: boolean;
  readonly most: number;
  readonly front?: string;
  /** Why it cannot be told whether it has a port. */
  readonly unseen?: string;
}

function chooseRoll(unit: string, { hasPort, most, front, unseen }: Listening): Decision<RollClass> {
  if (!unit.endsWith('@.service')) {
    return told('stop-first', 'it is no template, so it runs once on a host: old and new cannot run at once');
  }
  if (unseen !== undefined)
    return unknown(
      'stop-first',
      `what it listens on, because ${unseen}; with a "port" and a "switch" it can be start-first`,
    );
  if (!hasPort) return guessed('overlap', 'it listens on no port: a worker, of which old and new may run at once');
  if (front !== undefined)
    return told('start-first', `${front} stands in front of it, and old and new can run at once`);
  const because = 'what decides who asks it; with a "switch" it can be start-first';
  return most > 1 ? unknown('overlap', because) : unknown('stop-first', because);
}

/** Of a template there is room for as many new instances beside those that run. */
function choosePort(unit: string, active: readonly ObservedUnit[], most: number): Decision<string> | undefined {
  const ports = [...new Set(active.flatMap((one) => one.ports))].sort((a, b) => a - b);
  const [first] = ports;
  if (first === undefined) return undefined;
  if (unit.endsWith('@.service')) {
    return guessed(
      `${first}-${first + 2 * most - 1}`,
      `its instances listen on ${ports.join(', ')}; new ones need as many beside`,
    );
  }
  if (ports.length === 1) return told(String(first), 'its process listens there');
  return unknown(String(first), `which of the ports ${ports.join(', ')} takes its requests`);
}

function chooseReady(
  active: readonly ObservedUnit[],
  hasPort: boolean,
  unseen: string | undefined,
): Decision<ReadyProbe> {
  // What a container says does not reach systemd.
  const notifies = active.every(({ type, container }) => type.startsWith('notify') && !container);
  const probe: ReadyProbe = hasPort ? { kind: 'tcp' } : { kind: 'up', forMs: 2_000 };
  if (notifies) return told(probe, 'it is Type=notify: it counts as started once it says so itself');
  if (unseen !== undefined) return unknown(probe, `it is not Type=notify, and ${unseen}`);
  if (!hasPort) return guessed(probe, 'it is not Type=notify, and listens on no port');
  return unknown(probe, 'it is not Type=notify; a path that answers 200 when it can work says more');
}

/** Onward names instances anew with each roll. */
function listObstacles(active: readonly ObservedUnit[]): readonly string[] {
  const varying = [...new Set(active.flatMap((one) => one.varying))];
  if (varying.length === 0) return [];
  const settings = varying.map((name) => `${name}=`).join(', ');
  return [
    `its instances get new names with each roll, and ${settings} of its unit ${varying.length === 1 ? 'depends' : 'depend'} on the name (%i): write there what is so for all of them`,
  ];
}

/** The variables of units, in the form in which those of Compose services are looked at. */
function asProject(own: readonly { readonly unit: string; readonly found: Found }[]): ObservedProject {
  const services = own.map(({ unit, found }): ComposeService => {
    const environment = Object.assign({}, ...found.flatMap(({ units }) => units.map(({ database }) => database)));
    return {
      ...{ name: nameOf(unit), isBuilt: false, profiles: [], command: [], ports: [], exposed: [], mounts: [] },
      ...{ environment, written: {}, dependsOn: [], healthTest: [], networks: [], secretFiles: {} },
    };
  });
  const none = {
    folder: '',
    files: [],
    envFiles: [],
    isNameTold: false,
    containers: [],
    configurations: {},
    haproxies: [],
    user: '',
  };
  return { name: '', services, ...none };
}

/** What a unit calls localhost is its host. */
function reachFromHere(database: AdoptedDatabase): AdoptedDatabase {
  const { inside } = database;
  if (!/^(localhost|127\.|\[?::1)/.test(inside.host))
    return { ...database, reach: told(inside, 'its units connect there') };
  return { ...database, reach: unknown(inside, 'how this machine reaches it: its units ask their own host') };
}
