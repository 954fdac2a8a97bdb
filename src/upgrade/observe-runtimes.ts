import type { Release, RuntimeFacts } from '../model/index.ts';
import type { Installation } from './installation.ts';

/**
 * Where the services run, and what stands there in the way of what is going to be done; `undefined` where all of them are processes of this
 * machine, which can be started. Changes nothing.
 */
export async function observeRuntimes(
  installation: Installation,
  releases: readonly Release[],
): Promise<RuntimeFacts | undefined> {
  const { services } = installation.deployment;
  const kinds = new Set(services.map(({ runtime }) => runtime.kind));
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
  const findings = facts.flatMap((found) => found.findings);
  if (findings.length === 0 && [...kinds].every((kind) => kind === 'process')) return undefined;
  return {
    places: facts.flatMap(({ places }) => places),
    exclusive: facts.flatMap(({ exclusive }) => exclusive),
    losses: facts.flatMap(({ losses }) => losses ?? []),
    findings,
  };
}
