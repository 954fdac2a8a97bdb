import type { ReadyProbe, RollClass } from '../../model/index.ts';
import type { ComposeService, ObservedProject } from '../compose/project.ts';
import type { ObservedHost, ObservedUnit } from '../hosts/observed-host.ts';
import { type AdoptedDatabase, listDatabases, toName } from './databases.ts';
import { type Decision, guessed, told, unknown } from './decision.ts';
import { findKnownSoftware, type KnownSoftware } from './known-software.ts';

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
  readonly database?: string;
}

export interface AdoptedHosts {
  readonly services: readonly AdoptedUnit[];
  readonly databases: readonly AdoptedDatabase[];
  readonly others: readonly { readonly name: string; readonly kind: Decision<KnownSoftware | 'not running'> }[];
}

/** Decides everything that can be told of hosts. Pure. */
export function adoptHosts(hosts: readonly ObservedHost[]): AdoptedHosts {
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
  return {
    services: own.map(({ unit, found }) => adoptUnit(unit, found, databases)),
    databases,
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
  const software = findKnownSoftware(unit.replace(/@?\.service$/, '')) ?? findKnownSoftware(program);
  return software && told(software, `${program || unit} is a ${software}`);
}

function adoptUnit(unit: string, found: Found, databases: readonly AdoptedDatabase[]): AdoptedUnit {
  const active = found.flatMap(({ units }) => units);
  const name = nameOf(unit);
  const most = Math.max(...found.map(({ units }) => units.length));
  const port = choosePort(unit, active, most);
  const database = databases.find(({ services }) => services.includes(name));
  return {
    name,
    unit,
    hosts: found.filter(({ units }) => units.length > 0).map(({ host }) => host),
    replicas: told(most, most === 1 ? 'one runs on a host' : `${most} run on a host`),
    ...(port ? { port } : {}),
    roll: chooseRoll(unit, port !== undefined, most),
    ready: chooseReady(active, port !== undefined),
    command: active[0]?.command ?? [],
    ...(database ? { database: database.name } : {}),
  };
}

function chooseRoll(unit: string, hasPort: boolean, most: number): Decision<RollClass> {
  if (!unit.endsWith('@.service')) {
    return told('stop-first', 'it is no template, so it runs once on a host: old and new cannot run at once');
  }
  if (!hasPort) return guessed('overlap', 'it listens on no port: a worker, of which old and new may run at once');
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

function chooseReady(active: readonly ObservedUnit[], hasPort: boolean): Decision<ReadyProbe> {
  const notifies = active.every(({ type }) => type.startsWith('notify'));
  const probe: ReadyProbe = hasPort ? { kind: 'tcp' } : { kind: 'up', forMs: 2_000 };
  if (notifies) return told(probe, 'it is Type=notify: it counts as started once it says so itself');
  if (!hasPort) return guessed(probe, 'it is not Type=notify, and listens on no port');
  return unknown(probe, 'it is not Type=notify; a path that answers 200 when it can work says more');
}

/** `search.service` and `search@.service` to `search`. */
function nameOf(unit: string): string {
  return toName(unit.replace(/@?\.service$/, ''));
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
