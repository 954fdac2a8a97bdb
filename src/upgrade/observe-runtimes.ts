import type { Release, RuntimeFacts } from '../model/index.ts';
import type { Installation } from './installation.ts';

/**
 * Where the services run, and what stands there in the way of what is going to be done; `undefined` where all of them are processes of this
 * machine. Changes nothing.
 */
export async function observeRuntimes(
  installation: Installation,
  releases: readonly Release[],
): Promise<RuntimeFacts | undefined> {
  const { services } = installation.deployment;
  const kinds = new Set(services.map(({ runtime }) => runtime.kind).filter((kind) => kind !== 'process'));
  if (kinds.size === 0) return undefined;
  const facts = await Promise.all(
    [...kinds].map((kind) => {
      const own = services.filter(({ runtime }) => runtime.kind === kind).map(({ name }) => name);
      const components = releases
        .flatMap((release) => release.components)
        .filter(({ service }) => own.includes(service))
        .map((component) => ({ service: component.service, component }));
      return installation.runtimeOf(own[0] ?? '').observe({ components });
    }),
  );
  return {
    places: facts.flatMap(({ places }) => places),
    exclusive: facts.flatMap(({ exclusive }) => exclusive),
    findings: facts.flatMap(({ findings }) => findings),
  };
}
