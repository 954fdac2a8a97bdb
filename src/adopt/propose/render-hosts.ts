import type { AdoptedHosts, AdoptedUnit } from '../decide/adopt-hosts.ts';
import type { HostProxy } from '../decide/host-proxies.ts';
import { chooseFiles } from '../decide/unit-files.ts';
import type { UnitImage } from '../decide/unit-image.ts';
import { explain, UNKNOWN_MARK } from './explain.ts';
import { renderDatabases, renderProbe } from './render-deployment.ts';
import { renderFront, renderOwnHaproxy } from './render-own-haproxy.ts';
import { renderImageLines } from './render-product.ts';
import { comment, entry, heading, listEntry } from './yaml-lines.ts';

/** The proposed onward.yaml for hosts, whole. */
export function renderHostsDeployment(adopted: AdoptedHosts, name: string, sshConfig?: string): string {
  const lines = [
    ...comment(
      0,
      'Proposed by "onward adopt" from what runs. Read each line; those that say "could not tell" need your word.',
    ),
    entry(0, 'deployment', name),
    'releases: { source: ./releases, channel: stable }',
    ...renderDatabases(adopted.databases),
    ...(sshConfig === undefined ? [] : [heading(0, 'ssh'), entry(2, 'config', sshConfig)]),
    heading(0, 'services'),
    ...adopted.services.flatMap(renderUnit),
    ...(adopted.others.length === 0 && adopted.proxies.length === 0 ? [] : ['']),
    ...adopted.proxies.flatMap(renderHostProxy),
    ...adopted.others.flatMap(({ name: unit, kind }) => comment(0, `${unit} is left alone: ${kind.because}`)),
  ];
  return `${lines.join('\n')}\n`;
}

function renderUnit({
  name,
  unit,
  hosts,
  replicas,
  port,
  roll,
  ready,
  obstacles,
  front,
  container,
}: AdoptedUnit): readonly string[] {
  return [
    heading(2, name),
    entry(4, 'runtime', 'ssh'),
    listEntry(4, 'hosts', hosts),
    entry(4, 'unit', unit),
    ...(port
      ? [...explain(4, 'port', port), entry(4, 'port', /^\d+$/.test(port.value) ? Number(port.value) : port.value)]
      : []),
    ...(replicas.value === 1 ? [] : [...explain(4, 'replicas', replicas), entry(4, 'replicas', replicas.value)]),
    ...explain(4, 'roll', roll),
    entry(4, 'roll', roll.value),
    ...explain(4, 'ready', ready),
    `    ready: ${renderProbe(ready.value)}`,
    ...(front
      ? renderFront(front, front.fronted.bind === undefined ? undefined : `0.0.0.0:${front.fronted.bind}`, same)
      : []),
    ...[...obstacles, ...(container?.obstacles ?? [])].flatMap((obstacle) =>
      comment(4, `${UNKNOWN_MARK} how Onward can run it: ${obstacle}`),
    ),
    ...(container ? renderContainer(container) : []),
  ];
}

const same = (path: string) => path;

/** What of its `docker run` has to stand elsewhere. */
function renderContainer({ options, variables }: UnitImage): readonly string[] {
  return [
    ...(variables.length === 0
      ? []
      : comment(
          4,
          `environment: its docker run gives it ${variables.join(', ')}; values are not copied: write them here, secret ones as env:NAME or file:PATH`,
        )),
    ...(options.length === 0
      ? []
      : comment(
          4,
          `other words of its docker run belong into the unit: Environment="DOCKER_RUN_OPTIONS=${options.join(' ')}"`,
        )),
  ];
}

function renderHostProxy({ name, host, own }: HostProxy): readonly string[] {
  if (typeof own === 'string') return comment(0, `${UNKNOWN_MARK} ${own}`);
  if (host === undefined) return renderOwnHaproxy(own, { runtime: 'ssh', user: '' });
  const names = [...own.fronted, ...own.refused].map((one) => one.name).join(', ');
  return comment(
    0,
    `${name} of ${host} is HAProxy in front of ${names}. Onward talks to a HAProxy on the machine that it runs on, and writes its file there: run "onward adopt" on ${host}, and it is proposed as the switch.`,
  );
}

/** The proposed product.yaml for hosts. What a release ships cannot be seen on a host. */
export function renderHostsProduct({ services, databases }: AdoptedHosts, name: string): string {
  const lines = [
    ...comment(0, 'Proposed by "onward adopt": what a release consists of.'),
    entry(0, 'product', name),
    ...(databases.length === 0
      ? []
      : [heading(0, 'databases'), ...databases.map((database) => `  ${database.name}: {}`)]),
    heading(0, 'services'),
    ...services.flatMap(({ name: service, database, command, container }) => [
      heading(2, service),
      ...(database === undefined ? [] : [entry(4, 'database', database)]),
      ...(container ? renderImage(container) : renderFiles(service, command)),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}

function renderImage({ image, command }: UnitImage): readonly string[] {
  return [...renderImageLines(image), ...(command.length === 0 ? [] : [listEntry(4, 'command', command)])];
}

/** A copy of what stands there has the same files, byte by byte, as "onward adopt release" asks for. */
function renderFiles(service: string, runs: readonly string[]): readonly string[] {
  const { folder = 'its WorkingDirectory=', command } = chooseFiles(runs);
  return [
    ...comment(
      4,
      `${UNKNOWN_MARK} artifact: which files a release ships for it; its unit runs ${runs.join(' ')}. A copy of ${folder} on a host is a release of exactly what runs.`,
    ),
    entry(4, 'artifact', `./dist/${service}`),
    listEntry(4, 'command', command),
  ];
}
