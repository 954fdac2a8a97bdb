import { parseHaproxies } from '../haproxy/observe-haproxies.ts';
import { findContainer } from './find-container.ts';
import type { ObservedContainer, ObservedHost, ObservedUnit } from './observed-host.ts';

/** What the script of a host prints. */
export function parseHost(host: string, text: string): ObservedHost {
  const [machine = '', ...blocks] = text.split(/^(?=unit |container )/m);
  const containers = blocks.filter((block) => block.startsWith('container ')).map(parseContainer);
  const units = blocks.filter((block) => block.startsWith('unit ')).map(parseUnit);
  return {
    host,
    addresses: /^addresses (.*)$/m.exec(machine)?.[1]?.split(' ').filter(Boolean) ?? [],
    haproxies: parseHaproxies(machine),
    units: units.map((unit) => withContainer(unit, containers)),
  };
}

function withContainer(unit: ObservedUnit, containers: readonly ObservedContainer[]): ObservedUnit {
  const container = unit.isActive ? findContainer(unit.command, containers) : undefined;
  if (!container) return unit;
  const ports = [...container.ports, ...container.published.map(({ host }) => host)];
  return {
    ...unit,
    container,
    ports: [...new Set(ports)].sort((a, b) => a - b),
    database: { ...unit.database, ...container.database },
  };
}

/** Values of the lines of a block that begin with a word. */
function createReader(block: string): (word: string) => readonly string[] {
  const lines = block.split('\n');
  return (word) => lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
}

function parseUnit(block: string): ObservedUnit {
  const listed = createReader(block);
  const lines = block.split('\n');
  const [unseen] = listed('unseen');
  const [unit = '', instance = unit] = listed('unit')[0]?.split(' ') ?? [];
  const property = (name: string) => lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  return {
    unit,
    instance,
    isActive: property('ActiveState') === 'active',
    type: property('Type'),
    command: /argv\[\]=(.*?) ;/.exec(property('ExecStart'))?.[1]?.split(' ') ?? [],
    environmentFiles: lines
      .filter((line) => line.startsWith('EnvironmentFiles='))
      .map((line) => line.slice('EnvironmentFiles='.length).replace(/ \(.*$/, '')),
    varying: [...new Set(listed('varying'))],
    ...parseUse(listed),
    ...(unseen === undefined ? {} : { unseen }),
  };
}

function parseContainer(block: string): ObservedContainer {
  const listed = createReader(block);
  const first = (word: string) => listed(word)[0] ?? '';
  return {
    engine: first('container').split(' ')[0] ?? '',
    name: first('name').replace(/^\//, ''),
    reference: first('reference'),
    imageId: first('image').replace(/^sha256:/, ''),
    network: first('network'),
    digests: listed('digest'),
    published: listed('published').map((line) => {
      const [host = '', inside = ''] = line.split(' ');
      return { host: Number.parseInt(host, 10), inside: Number.parseInt(inside, 10) };
    }),
    ...parseUse(listed),
  };
}

/** What the processes listen on, and are told. */
function parseUse(listed: (word: string) => readonly string[]): Pick<ObservedUnit, 'ports' | 'variables' | 'database'> {
  const database = listed('database').map((line) => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1).replace(/^(["'])(.*)\1$/, '$2')] as const;
  });
  const ports = listed('listen').map((address) => Number(address.slice(address.lastIndexOf(':') + 1)));
  return {
    variables: [...new Set(listed('variable'))],
    database: Object.fromEntries(database),
    ports: [...new Set(ports)].sort((a, b) => a - b),
  };
}
