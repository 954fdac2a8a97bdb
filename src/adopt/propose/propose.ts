import { basename, relative } from 'node:path';
import type { ObservedProject } from '../compose/project.ts';
import { type AdoptedHosts, adoptHosts } from '../decide/adopt-hosts.ts';
import { adoptProject } from '../decide/adopt-project.ts';
import type { AdoptedProject } from '../decide/adopted.ts';
import { toName } from '../decide/databases.ts';
import { type Decision, unknown } from '../decide/decision.ts';
import { parseImageName } from '../decide/image-name.ts';
import type { OwnHaproxy } from '../decide/own-haproxy.ts';
import type { ObservedHosts } from '../hosts/observed-host.ts';
import type { OwnNext } from './next-commands.ts';
import { type ProjectPlace, renderDeployment } from './render-deployment.ts';
import { renderHostsDeployment, renderHostsProduct } from './render-hosts.ts';
import { isReady, reloadCommand, type Shorten } from './render-own-haproxy.ts';
import { renderProduct } from './render-product.ts';

/** What is proposed, with everything that it was decided from. */
export interface Proposal {
  readonly adopted: AdoptedProject | AdoptedHosts;
  /** Whole texts. */
  readonly deployment: string;
  readonly product: string;
  /** What could not be told, one line each. */
  readonly unknowns: readonly string[];
  /** The version that what runs seems to be. */
  readonly version: string;
  readonly needsTraffic: boolean;
  /** HAProxys of the operator's that are to be the switch, and how each reads its configuration again. */
  readonly ownHaproxies: readonly OwnNext[];
}

/** Proposes both files for a Compose project; `folder` is that of onward.yaml. Pure. */
export function proposeForProject(project: ObservedProject, folder: string): Proposal {
  const adopted = adoptProject(project);
  const deployment = renderDeployment(adopted, placeOf(project, folder));
  const product = renderProduct(adopted);
  return {
    adopted,
    deployment,
    product,
    unknowns: listUnknowns(adopted),
    version: chooseVersion(project, adopted),
    needsTraffic: adopted.services.some(({ roll, front }) => roll.value === 'start-first' || front !== undefined),
    ownHaproxies: listOwn(adopted.proxies),
  };
}

/**
 * Proposes both files for hosts; `folder` is that of onward.yaml, after which the deployment is named, `sshConfig` the file by which they were
 * reached, unless that was the user's own. Pure.
 */
export function proposeForHosts({ hosts, haproxies }: ObservedHosts, folder: string, sshConfig?: string): Proposal {
  const adopted = adoptHosts(hosts, haproxies);
  const name = toName(basename(folder));
  const { services, databases } = adopted;
  return {
    adopted,
    deployment: renderHostsDeployment(adopted, name, sshConfig),
    product: renderHostsProduct(adopted, name),
    unknowns: listUnsaid([
      ...databases.map(({ name: database, reach }) => [`url of database ${database}`, reach] as const),
      ...services.flatMap(({ name: service, roll, ready, port, container }) => [
        [`roll of ${service}`, roll] as const,
        [`ready of ${service}`, ready] as const,
        ...(port ? [[`port of ${service}`, port] as const] : []),
        ...(container
          ? [
              [`image of ${service}`, container.image] as const,
              ...container.obstacles.map((obstacle) => [`unit of ${service}`, unknown(undefined, obstacle)] as const),
            ]
          : [[`artifact of ${service}`, unknown(undefined, 'which files a release ships for it')] as const]),
      ]),
      ...(databases.length === 0
        ? [[`databases`, unknown(undefined, 'no variable of a unit names a Postgres')] as const]
        : []),
    ]),
    version: '1.0.0',
    needsTraffic: adopted.services.some(({ front }) => front !== undefined),
    ownHaproxies: listOwn(adopted.proxies.filter(({ host }) => host === undefined)),
  };
}

function placeOf(project: ObservedProject, folder: string): ProjectPlace {
  const own = relative(folder, project.folder);
  const short = (path: string) => {
    const inside = relative(project.folder, path);
    return inside.startsWith('..') ? path : inside;
  };
  return {
    ...(own === '' ? {} : { folder: own.startsWith('..') ? project.folder : `./${own}` }),
    files: project.files.map(short),
    envFiles: project.envFiles.map(short),
    ...(project.isNameTold ? { project: project.name } : {}),
    shorten: shortenFrom(folder),
    user: project.user,
  };
}

function shortenFrom(folder: string): Shorten {
  return (path) => {
    const inside = relative(folder, path);
    return !path.startsWith('/') || inside === '' || inside.startsWith('..') ? path : `./${inside}`;
  };
}

function listOwn(proxies: readonly { readonly own?: OwnHaproxy | string }[]): readonly OwnNext[] {
  return proxies.flatMap(({ own }) => {
    if (own === undefined || typeof own === 'string' || own.fronted.length === 0) return [];
    return [{ name: own.name, isReady: isReady(own), reload: reloadCommand(own) }];
  });
}

/** What no file and nothing that runs could say, one sentence each. */
function listUnknowns({ services, databases, others, proxies }: AdoptedProject): readonly string[] {
  const decisions: readonly (readonly [what: string, decision: Decision<unknown>])[] = [
    ...databases.map(({ name, reach }) => [`url of database ${name}`, reach] as const),
    ...services.flatMap(({ name, port, ready, roll, image }) => [
      [`port of ${name}`, port] as const,
      [`roll of ${name}`, roll] as const,
      [`ready of ${name}`, ready] as const,
      [`image of ${name}`, image] as const,
    ]),
    ...others.map(({ name, kind }) => [`what ${name} is`, kind] as const),
  ];
  return [
    ...(databases.length === 0 ? ['databases: no variable of a service names a Postgres'] : []),
    ...listUnsaid(decisions),
    ...proxies.flatMap(({ name: proxy, own }) => {
      if (own === undefined) return [];
      if (typeof own === 'string') return [own];
      return own.refused.map(({ name, because }) => `switch of ${name}: ${proxy} is in front of it, and ${because}`);
    }),
  ];
}

function listUnsaid(decisions: readonly (readonly [what: string, decision: Decision<unknown>])[]): readonly string[] {
  return decisions.flatMap(([what, { certainty, because }]) =>
    certainty === 'unknown' ? [`${what}: ${because}`] : [],
  );
}

/** The version that most images of the product carry as their tag. */
function chooseVersion(project: ObservedProject, { services }: AdoptedProject): string {
  const origins = services.map(({ origin }) => origin);
  const tags = project.services
    .filter(({ name }) => origins.includes(name))
    .flatMap(({ image }) => parseImageName(image ?? '').tag ?? []);
  const versions = tags.flatMap((tag) => /^v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/.exec(tag)?.[1] ?? []);
  const count = (version: string) => versions.filter((other) => other === version).length;
  return [...new Set(versions)].sort((a, b) => count(b) - count(a))[0] ?? '1.0.0';
}
