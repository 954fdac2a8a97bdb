import { normalize } from 'node:path';
import { closest, type Finding, type Position } from '../model/index.ts';
import type { RawDeployment } from './schema.ts';
import type { RawService } from './service-schema.ts';

interface Problem {
  /** Keys and positions that lead to the value. */
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** Names that lead nowhere, circles in `after`, and addresses that two services would share; in the order of the file. */
export function checkReferences(
  raw: RawDeployment,
  locate: (path: readonly PropertyKey[]) => Position,
): readonly Finding[] {
  return [...checkDatabases(raw), ...checkServices(raw), ...checkAddresses(raw), ...checkConfiguration(raw)]
    .map(({ path, message }) => ({ message: `${path.join('.')}: ${message}`, position: locate(path) }))
    .sort(({ position: a }, { position: b }) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))
    .map((problem) => ({ code: 'deployment.inconsistent', severity: 'error', ...problem }));
}

function checkDatabases(raw: RawDeployment): readonly Problem[] {
  const known = Object.keys(raw.databases);
  if (known.length === 0) {
    return [{ path: ['databases'], message: 'at least one is needed; the first one holds the lease and the ledger' }];
  }
  const problems: Problem[] = [];
  if (raw.control !== undefined && !known.includes(raw.control)) {
    problems.push({ path: ['control'], message: unknownName(raw.control, known) });
  }
  for (const [index, check] of (raw.checks ?? []).entries()) {
    if ('sql' in check && !known.includes(check.sql.database)) {
      const path = ['checks', index, 'sql', 'database'];
      problems.push({ path, message: unknownName(check.sql.database, known) });
    }
  }
  return problems;
}

function checkServices(raw: RawDeployment): readonly Problem[] {
  const known = Object.keys(raw.services);
  if (known.length === 0) return [{ path: ['services'], message: 'at least one is needed' }];
  const problems: Problem[] = [];
  for (const [name, service] of Object.entries(raw.services)) {
    for (const [index, other] of (service.after ?? []).entries()) {
      if (known.includes(other)) continue;
      problems.push({ path: ['services', name, 'after', index], message: unknownName(other, known) });
    }
    if (service.roll === 'start-first' && !service.switch) {
      problems.push({
        path: ['services', name, 'roll'],
        message: 'start-first needs a switch in front; add "switch" or choose overlap or stop-first',
      });
    }
    problems.push(...checkRuntime(name, service));
    if (service.roll === 'stop-first' && (service.replicas ?? 1) > 1) {
      problems.push({ path: ['services', name, 'replicas'], message: 'a stop-first service has one instance' });
    }
  }
  const circle = findCircle(raw);
  if (circle) problems.push({ path: ['services'], message: `"after" goes in a circle: ${circle.join(' -> ')}` });
  return problems;
}

/** Keys that mean something to one runtime only, and those that one cannot do without. */
const RUNTIME_KEYS = {
  process: [],
  compose: ['service', 'port'],
  ssh: ['hosts', 'unit', 'port', 'atOnce', 'canary'],
} as const satisfies Record<RawService['runtime'], readonly (keyof RawService)[]>;

function checkRuntime(name: string, service: RawService): readonly Problem[] {
  const { runtime } = service;
  const own: readonly string[] = RUNTIME_KEYS[runtime];
  const foreign = new Set(
    Object.values(RUNTIME_KEYS)
      .flat()
      .filter((key) => !own.includes(key)),
  );
  const problems: Problem[] = [];
  for (const key of foreign) {
    if (service[key] === undefined) continue;
    problems.push({ path: ['services', name, key], message: `runtime ${runtime} has no "${key}"` });
  }
  if (runtime === 'ssh' && !service.hosts) {
    problems.push({ path: ['services', name], message: 'runtime ssh needs "hosts"' });
  }
  if (runtime === 'ssh') problems.push(...checkHosts(name, service));
  if (runtime === 'compose' && typeof service.port === 'string') {
    problems.push({ path: ['services', name, 'port'], message: 'a container has one port for its requests' });
  }
  return problems;
}

function checkHosts(name: string, service: RawService): readonly Problem[] {
  const { hosts = [], unit = `${name}.service`, port, replicas = 1, roll } = service;
  const problems: Problem[] = [];
  for (const [index, host] of hosts.entries()) {
    if (hosts.indexOf(host) < index)
      problems.push({ path: ['services', name, 'hosts', index], message: `"${host}" stands twice` });
  }
  const isTemplate = unit.endsWith('@.service');
  if (!isTemplate && replicas > 1) {
    const message = 'a plain unit is one instance on each host; name a template such as search@.service';
    problems.push({ path: ['services', name, 'replicas'], message });
  }
  if (port === undefined) return problems;
  const [first = 0, last = first] = String(port).split('-').map(Number);
  const count = last - first + 1;
  const needed = replicas * (isTemplate && roll !== 'stop-first' ? 2 : 1);
  if (!isTemplate && count !== 1) {
    problems.push({ path: ['services', name, 'port'], message: 'a plain unit listens on one port' });
  } else if (count < needed) {
    const message = `${needed} ports are needed on each host, for old and new instances at once; name a range`;
    problems.push({ path: ['services', name, 'port'], message });
  }
  return problems;
}

/** What only one service can have: two would take each other's requests or instances away. */
function checkAddresses(raw: RawDeployment): readonly Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [name, service] of Object.entries(raw.services)) {
    for (const { path, place, what } of [...placesOfSwitch(service), ...placesOfRuntime(name, service)]) {
      const key = `${what} ${place}`;
      const owner = owners.get(key);
      if (owner !== undefined && owner !== name)
        problems.push({ path: ['services', name, ...path], message: `${place} is the ${what} of "${owner}" already` });
      owners.set(key, name);
    }
  }
  return problems;
}

interface Place {
  readonly path: readonly string[];
  readonly place: string;
  readonly what: string;
}

function placesOfSwitch({ switch: config }: RawService): readonly Place[] {
  if (!config) return [];
  if ('builtin' in config)
    return [{ path: ['switch', 'builtin', 'listen'], place: config.builtin.listen, what: 'address' }];
  const { socket, backend, file } = config.haproxy;
  const at = socket.includes('/') ? normalize(socket) : socket;
  return [
    { path: ['switch', 'haproxy', 'file'], place: normalize(file), what: 'file' },
    { path: ['switch', 'haproxy', 'backend'], place: `${backend} of ${at}`, what: 'backend' },
  ];
}

/** Instances of a template unit have names of their own. */
function placesOfRuntime(name: string, service: RawService): readonly Place[] {
  const { runtime, hosts = [], unit = `${name}.service` } = service;
  const pathOf = (key: 'service' | 'unit') => (service[key] === undefined ? [] : [key]);
  switch (runtime) {
    case 'process':
      return [];
    case 'compose':
      return [{ path: pathOf('service'), place: service.service ?? name, what: 'service in compose.yaml' }];
    case 'ssh':
      if (unit.endsWith('@.service')) return [];
      return hosts.map((host) => ({ path: pathOf('unit'), place: `${unit} on ${host}`, what: 'unit' }));
  }
}

function checkConfiguration(raw: RawDeployment): readonly Problem[] {
  const known = Object.keys(raw.services);
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [name, { file, services }] of Object.entries(raw.configuration ?? {})) {
    for (const [index, service] of services.entries()) {
      const path = ['configuration', name, 'services', index];
      if (!known.includes(service)) problems.push({ path, message: unknownName(service, known) });
      else if (services.indexOf(service) < index) problems.push({ path, message: `"${service}" stands twice` });
    }
    const owner = owners.get(normalize(file));
    if (owner !== undefined) {
      problems.push({ path: ['configuration', name, 'file'], message: `${file} is the file of "${owner}" already` });
    }
    owners.set(normalize(file), name);
  }
  return problems;
}

function findCircle(raw: RawDeployment): readonly string[] | undefined {
  const visit = (name: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name];
    for (const other of raw.services[name]?.after ?? []) {
      const circle = visit(other, [...path, name]);
      if (circle) return circle;
    }
    return undefined;
  };
  for (const name of Object.keys(raw.services)) {
    const circle = visit(name, []);
    if (circle) return circle;
  }
  return undefined;
}

function unknownName(name: string, known: readonly string[]): string {
  const meant = closest(name, known);
  return `there is no "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
}
