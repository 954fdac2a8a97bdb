import type { Finding, Service } from '../model/index.ts';
import { chooseParser } from './choose-parser.ts';
import type { Revision } from './render-configuration.ts';

/** Variables of env files that do not reach a service, because onward.yaml or a later file sets them too. Warnings: it is decided which counts. */
export async function checkOverridden(
  services: readonly Service[],
  texts: readonly Pick<Revision, 'file' | 'text'>[],
): Promise<readonly Finding[]> {
  const parse = await chooseParser('env');
  const read = texts
    .filter(({ file }) => file.format === 'env')
    .map(({ file, text }) => ({ file, ...parse({ path: file.path, text }) }));
  return read.flatMap(({ file, settings, locate }, index) =>
    Object.keys(settings).flatMap((name) =>
      services
        .filter((service) => file.services.includes(service.name))
        .flatMap((service): readonly Finding[] => {
          const later = read
            .slice(index + 1)
            .find((other) => other.file.services.includes(service.name) && Object.hasOwn(other.settings, name));
          const isSetByHand = Object.hasOwn(service.environment, name);
          if (!isSetByHand && !later) return [];
          const winner = isSetByHand
            ? `services.${service.name}.environment of onward.yaml`
            : `the file ${later?.file.name}`;
          return [
            {
              code: 'configuration.overridden-key',
              severity: 'warning',
              message: `${name} does not reach ${service.name}: ${winner} sets it too, and wins`,
              position: locate([name]),
            },
          ];
        }),
    ),
  );
}
