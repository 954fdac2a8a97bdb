import type { Finding, Service } from '../model/index.ts';
import { chooseParser } from './choose-parser.ts';
import type { Revision } from './render-configuration.ts';

/** What every instance is given whatever its configuration says: where to listen, and what it is. */
const GIVEN = ['PORT', 'HOST', 'ONWARD_SERVICE', 'ONWARD_RELEASE', 'ONWARD_INSTANCE'];

/** Variables of env files that do not reach a service, because something else sets them too. Warnings: it is decided which counts. */
export async function checkOverridden(
  services: readonly Service[],
  texts: readonly Pick<Revision, 'file' | 'text'>[],
): Promise<readonly Finding[]> {
  const parse = await chooseParser('env');
  const read = texts
    .filter(({ file }) => file.format === 'env')
    .map(({ file, text }) => ({ file, ...parse({ path: file.path, text }) }));
  const findings: Finding[] = [];
  for (const [index, { file, settings, locate }] of read.entries()) {
    for (const service of services.filter(({ name }) => file.services.includes(name))) {
      const later = read.slice(index + 1).filter((other) => other.file.services.includes(service.name));
      for (const name of Object.keys(settings)) {
        const other = later.find((each) => Object.hasOwn(each.settings, name))?.file.name;
        const winner = chooseWinner(service, name, other);
        if (winner === undefined) continue;
        const message = `${name} does not reach ${service.name}: ${winner} sets it too, and wins`;
        findings.push({ code: 'configuration.overridden-key', severity: 'warning', message, position: locate([name]) });
      }
    }
  }
  return findings;
}

function chooseWinner(service: Service, name: string, later: string | undefined): string | undefined {
  if (GIVEN.includes(name)) return 'Onward';
  if (Object.hasOwn(service.environment, name)) return `services.${service.name}.environment of onward.yaml`;
  return later && `the file ${later}`;
}
