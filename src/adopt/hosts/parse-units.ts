import type { ObservedUnit } from './observed-host.ts';

/** What the script of a host prints. */
export function parseUnits(text: string): readonly ObservedUnit[] {
  const blocks = text.split(/^unit /m).slice(1);
  return blocks.map(parseUnit);
}

function parseUnit(block: string): ObservedUnit {
  const [head = '', ...lines] = block.split('\n');
  const [unit = '', instance = unit] = head.split(' ');
  const property = (name: string) => lines.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  const listed = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const database = listed('database').map((line) => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1).replace(/^(["'])(.*)\1$/, '$2')] as const;
  });
  const ports = listed('listen').map((address) => Number(address.slice(address.lastIndexOf(':') + 1)));
  return {
    unit,
    instance,
    isActive: property('ActiveState') === 'active',
    type: property('Type'),
    command: /argv\[\]=(.*?) ;/.exec(property('ExecStart'))?.[1]?.split(' ') ?? [],
    environmentFiles: lines
      .filter((line) => line.startsWith('EnvironmentFiles='))
      .map((line) => line.slice('EnvironmentFiles='.length).replace(/ \(.*$/, '')),
    variables: [...new Set(listed('variable'))],
    database: Object.fromEntries(database),
    ports: [...new Set(ports)].sort((a, b) => a - b),
  };
}
