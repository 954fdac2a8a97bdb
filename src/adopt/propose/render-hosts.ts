import type { AdoptedHosts, AdoptedUnit } from '../decide/adopt-hosts.ts';
import { explain, UNKNOWN_MARK } from './explain.ts';
import { renderDatabases, renderProbe } from './render-deployment.ts';
import { comment, entry, heading, listEntry, scalar } from './yaml-lines.ts';

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
    ...(adopted.others.length === 0 ? [] : ['']),
    ...adopted.others.flatMap(({ name: unit, kind }) => comment(0, `${unit} is left alone: ${kind.because}`)),
  ];
  return `${lines.join('\n')}\n`;
}

function renderUnit({ name, unit, hosts, replicas, port, roll, ready }: AdoptedUnit): readonly string[] {
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
  ];
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
    ...services.flatMap(({ name: service, database, command }) => [
      heading(2, service),
      ...(database === undefined ? [] : [entry(4, 'database', database)]),
      ...comment(4, `${UNKNOWN_MARK} artifact: which files a release ships for it; its unit runs ${command.join(' ')}`),
      entry(4, 'artifact', `./dist/${service}`),
      `    command: [${command.map(scalar).join(', ')}]`,
    ]),
  ];
  return `${lines.join('\n')}\n`;
}
