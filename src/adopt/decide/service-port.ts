import type { ComposeService, ObservedProject, PublishedPort } from '../compose/project.ts';
import { listConfigured } from './configured.ts';
import { type Decision, guessed, told, unknown } from './decision.ts';
import { parseImageName } from './image-name.ts';

/** The port inside of the container that takes its requests; `undefined`: it listens for nobody. */
export function chooseServicePort(
  project: ObservedProject,
  service: ComposeService,
  healthPort: number | undefined,
): Decision<number | undefined> {
  const published = service.ports.filter(({ protocol }) => protocol === 'tcp').map(({ target }) => target);
  const [first] = published;
  if (published.length > 1) return chooseOfSeveral(published, healthPort);
  if (first !== undefined) return told(first, 'it is published');
  const asked = findAskedPort(project, service);
  if (asked) return asked;
  const [exposed] = service.exposed;
  if (exposed !== undefined) return told(exposed, 'compose.yaml exposes it');
  if (healthPort !== undefined) return guessed(healthPort, 'its health check asks it');
  const variable = Number(service.environment.PORT);
  if (Number.isInteger(variable) && variable > 0) return guessed(variable, 'its variable PORT says so');
  return fromImage(project, service);
}

function chooseOfSeveral(published: readonly number[], healthPort: number | undefined): Decision<number> {
  const [first = 0] = published;
  const all = published.join(', ');
  if (healthPort !== undefined && published.includes(healthPort)) {
    return guessed(healthPort, `of the published ports ${all}, its health check asks this one`);
  }
  return unknown(first, `which of the published ports ${all} takes its requests`);
}

/** Somebody else of the project is told to connect to it: in a variable, or in the configuration file of a proxy. */
function findAskedPort(project: ObservedProject, service: ComposeService): Decision<number> | undefined {
  const address = new RegExp(`(?:^|[^\\w.-])${escapeRegExp(service.name)}:(\\d{2,5})\\b`);
  for (const other of project.services) {
    if (other === service) continue;
    for (const [name, value] of Object.entries(other.environment)) {
      const [, port] = address.exec(value) ?? [];
      if (port !== undefined) return told(Number(port), `${name} of ${other.name} names it`);
    }
    for (const { path, text } of listConfigured(project, other.name)) {
      const [, port] = address.exec(text) ?? [];
      if (port !== undefined) return told(Number(port), `${path.split('/').at(-1)} of ${other.name} names it`);
    }
  }
  return undefined;
}

/** What an image exposes counts only where no other service runs the same image: a worker often is the server's image with other words. */
function fromImage(project: ObservedProject, service: ComposeService): Decision<number | undefined> {
  const repository = (image: string | undefined) => parseImageName(image ?? '').repository;
  const isShared = project.services.some(
    (other) => other !== service && other.image !== undefined && repository(other.image) === repository(service.image),
  );
  const container = project.containers.find((one) => one.service === service.name && !one.isOneOff);
  const [exposed] = container?.exposed ?? [];
  if (exposed === undefined || isShared) return told(undefined, 'nothing names a port of it');
  return guessed(exposed, 'its image exposes it');
}

/** The host's port that is its own: nobody else can have it while a container holds it. */
export function findFixedPort(service: ComposeService, target: number | undefined): PublishedPort | undefined {
  return service.ports.find((port) => port.target === target && /^\d+$/.test(port.published ?? ''));
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
