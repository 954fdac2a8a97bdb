/**
 * Compose projects for tests, in the form in which Compose prints them. `project(…)` makes what was observed of one: every service that is
 * not said to be stopped has a container that runs.
 */
import { parseConfig } from './compose/parse-config.ts';
import type { Container, ObservedProject } from './compose/project.ts';

export interface TestProject {
  readonly name: string;
  readonly services: { readonly [name: string]: Readonly<Record<string, unknown>> };
  readonly secrets?: { readonly [name: string]: { readonly file: string } };
  /** Changes of the containers, by service; an empty list: it has none. */
  readonly containers?: { readonly [service: string]: readonly Partial<Container>[] };
  readonly configurations?: ObservedProject['configurations'];
  readonly haproxies?: ObservedProject['haproxies'];
  /** Environment as it is written, before variables are filled in. */
  readonly written?: { readonly [service: string]: { readonly [name: string]: string } };
}

export function project({
  containers = {},
  configurations = {},
  haproxies = [],
  written = {},
  ...config
}: TestProject): ObservedProject {
  const raw = Object.entries(written).map(([name, environment]) => [name, { environment }]);
  const parsed = parseConfig(JSON.stringify(config), JSON.stringify({ services: Object.fromEntries(raw) }));
  const made = parsed.services.flatMap((service) =>
    (containers[service.name] ?? [{}]).map((changes, index) => ({
      ...containerOf(service.name, service.image ?? `${config.name}-${service.name}`, index + 1),
      ...changes,
    })),
  );
  return {
    name: parsed.name,
    folder: `/srv/${parsed.name}`,
    files: [],
    envFiles: [],
    isNameTold: false,
    services: parsed.services,
    containers: made,
    configurations,
    haproxies,
    user: '1000:1000',
  };
}

function containerOf(service: string, image: string, number: number): Container {
  const repository = image.replace(/:[^/:]*$/, '');
  return {
    id: `${service}-${number}`,
    name: `${service}-${number}`,
    service,
    isOneOff: false,
    state: 'running',
    exitCode: 0,
    startedAt: '2026-11-21T08:00:00Z',
    image,
    imageId: `sha256:${'1'.repeat(64)}`,
    healthTest: [],
    repoDigests: image.includes('/') ? [`${repository}@sha256:${'a'.repeat(64)}`] : [],
    exposed: [],
    published: [],
    hostPorts: [],
    networks: [],
  };
}
