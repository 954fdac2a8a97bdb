import type { ReadyProbe } from '../../model/index.ts';
import type { AdoptedProject, AdoptedProxy, AdoptedService } from '../decide/adopted.ts';
import type { AdoptedDatabase } from '../decide/databases.ts';
import { switchFiles } from '../traffic/switch-files.ts';
import { explain, UNKNOWN_MARK } from './explain.ts';
import { renderFront, renderOwnHaproxy, type Shorten } from './render-own-haproxy.ts';
import { comment, entry, heading, listEntry, scalar } from './yaml-lines.ts';

/** How the project is found from the folder of onward.yaml; only what Compose would not find by itself. */
export interface ProjectPlace {
  /** Relative to the folder of onward.yaml. */
  readonly folder?: string;
  /** Relative to the folder of the project. */
  readonly files: readonly string[];
  readonly envFiles: readonly string[];
  readonly project?: string;
  /** A path of this machine, as onward.yaml names it. */
  readonly shorten: Shorten;
  /** `uid:gid` of the operator. */
  readonly user: string;
}

const SOURCE = './releases';

/** The proposed onward.yaml, whole. Every line that was decided has its reason above it. */
export function renderDeployment(adopted: AdoptedProject, place: ProjectPlace): string {
  const lines = [
    ...comment(
      0,
      'Proposed by "onward adopt" from what runs. Read each line; those that say "could not tell" need your word.',
    ),
    entry(0, 'deployment', adopted.name),
    `releases: { source: ${scalar(SOURCE)}, channel: stable }`,
    ...renderDatabases(adopted.databases),
    ...renderPlace(adopted, place),
    heading(0, 'services'),
    ...adopted.services.flatMap((service) => renderService(service, place.shorten)),
    ...renderRest(adopted, place.user),
  ];
  return `${lines.join('\n')}\n`;
}

export function renderDatabases(databases: readonly AdoptedDatabase[]): readonly string[] {
  if (databases.length === 0) {
    const because = 'which Postgres the product keeps its state in: no variable of a service names one';
    return [heading(0, 'databases'), ...comment(2, `${UNKNOWN_MARK} ${because}`), '  core: { url: env:DATABASE_URL }'];
  }
  return [heading(0, 'databases'), ...databases.flatMap(renderDatabase)];
}

function renderDatabase(database: AdoptedDatabase): readonly string[] {
  const { name, reach, user, password, services } = database;
  const { host, port } = reach.value;
  const url = `postgres://${encodeURIComponent(user)}@${host}:${port}/${encodeURIComponent(database.database)}`;
  return [
    heading(2, name),
    ...explain(4, 'url', {
      ...reach,
      because: `${reach.because}; ${services.join(', ')} ${services.length === 1 ? 'connects' : 'connect'} to ${database.inside.host}:${database.inside.port}`,
    }),
    entry(4, 'url', url),
    ...renderPassword(name, password),
  ];
}

/** A secret stays where it is: a file is named, and what stands in a variable is never copied. */
function renderPassword(name: string, password: AdoptedDatabase['password']): readonly string[] {
  if (password === undefined) return [];
  const { variable, file } = password;
  if (file !== undefined) return [...comment(4, `the file that ${variable} reads`), entry(4, 'passwordFile', file)];
  return [
    ...comment(4, `its password is in ${variable}, and is not copied: write it into this file, readable for you alone`),
    entry(4, 'passwordFile', `./secrets/${name}`),
  ];
}

function renderPlace(adopted: AdoptedProject, place: ProjectPlace): readonly string[] {
  const own = [
    ...(place.folder === undefined ? [] : [entry(2, 'folder', place.folder)]),
    ...(place.files.length === 0 ? [] : [listEntry(2, 'files', place.files)]),
    ...(place.project === undefined ? [] : [entry(2, 'project', place.project)]),
    ...(adopted.profiles.length === 0 ? [] : [listEntry(2, 'profiles', adopted.profiles)]),
    ...(place.envFiles.length === 0 ? [] : [listEntry(2, 'envFiles', place.envFiles)]),
  ];
  return own.length === 0 ? [] : [heading(0, 'compose'), ...own];
}

function renderService(service: AdoptedService, shorten: Shorten): readonly string[] {
  const { name, origin, kind, port, replicas, roll, grace } = service;
  const isOneShot = roll.value === 'one-shot';
  return [
    heading(2, name),
    ...(kind.certainty === 'told' ? [] : explain(4, 'a service of the product', kind)),
    entry(4, 'runtime', 'compose'),
    ...(origin === name ? [] : [entry(4, 'service', origin)]),
    ...(isOneShot || port.value === undefined ? [] : [...explain(4, 'port', port), entry(4, 'port', port.value)]),
    ...(replicas.value === 1 ? [] : [...explain(4, 'replicas', replicas), entry(4, 'replicas', replicas.value)]),
    ...explain(4, 'roll', roll),
    entry(4, 'roll', roll.value),
    ...(isOneShot ? [] : [...explain(4, 'ready', service.ready), `    ready: ${renderProbe(service.ready.value)}`]),
    ...renderSwitch(service, shorten),
    ...(grace === undefined
      ? []
      : [...comment(4, 'grace: stop_grace_period of compose.yaml'), entry(4, 'grace', grace)]),
  ];
}

export function renderProbe(probe: ReadyProbe): string {
  switch (probe.kind) {
    case 'http':
      return `{ http: ${scalar(probe.path)} }`;
    case 'tcp':
      return '{ tcp: true }';
    case 'up':
      return `{ up: ${Math.round(probe.forMs / 1000)}s }`;
  }
}

function renderSwitch(
  { name, roll, entry: address, mode, front }: AdoptedService,
  shorten: Shorten,
): readonly string[] {
  const listen = address && `${address.value.host}:${address.value.port}`;
  if (front && roll.value !== 'one-shot') return renderFront(front, listen, shorten);
  if (roll.value !== 'start-first') return [];
  const files = switchFiles(name);
  return [
    heading(4, 'switch'),
    heading(6, 'haproxy'),
    entry(8, 'socket', files.socket),
    entry(8, 'backend', files.backend),
    entry(8, 'file', files.file),
    entry(8, 'master', files.master),
    ...(listen ? [`        listen: ${scalar(listen)}`] : []),
    ...(mode === 'tcp' ? [entry(8, 'mode', 'tcp')] : []),
  ];
}

function renderRest({ others, proxies }: AdoptedProject, user: string): readonly string[] {
  const rest = others.filter(({ kind }) => kind.value !== 'proxy');
  const lines = [
    ...rest.flatMap(({ name, kind }) => explain(0, `${name} is left alone, as ${articleOf(kind.value)} service`, kind)),
    ...proxies.flatMap((proxy) => renderProxy(proxy, user)),
  ];
  return lines.length === 0 ? [] : ['', ...lines];
}

function renderProxy({ name, software, fronts, advice, own }: AdoptedProxy, user: string): readonly string[] {
  const unsaid = typeof own === 'string' ? comment(0, `${UNKNOWN_MARK} ${own}`) : [];
  if (own !== undefined && typeof own !== 'string' && own.fronted.length > 0)
    return renderOwnHaproxy(own, { runtime: 'compose', user });
  const place = fronts.length === 0 ? '' : ` in front of ${fronts.join(', ')}`;
  const refused =
    own !== undefined && typeof own !== 'string' ? renderOwnHaproxy(own, { runtime: 'compose', user }) : [];
  return [...unsaid, ...refused, ...comment(0, `${name} is ${software}${place}: ${advice}`)];
}

function articleOf(kind: string): string {
  return kind === 'application' ? `an ${kind}` : `a ${kind}`;
}
