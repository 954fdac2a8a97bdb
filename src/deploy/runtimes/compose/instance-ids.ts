import { type Container, labelOf } from './containers.ts';
import { COMPOSE_LABELS, LABELS } from './labels.ts';

/** A container and the id of the instance that it is. */
export interface Identified {
  readonly id: string;
  readonly container: Container;
}

/**
 * Which instance each container of a service is; they are given by their numbers. One that Onward made has the name of its instance, or has just
 * been made and gets the first name that is free: instances of one base differ in nothing. One that it did not make is called as Compose calls
 * it by default, `shop-api-1`, whatever its name is.
 */
export function identifyContainers(containers: readonly Container[]): readonly Identified[] {
  const named = new Map(containers.map((container) => [container, findOwnId(container)]));
  const taken = new Set(named.values());
  return containers.map((container) => {
    const base = labelOf(container, LABELS.base);
    if (base === undefined) return { id: describeForeign(container), container };
    const id = named.get(container) ?? firstFree(base, taken);
    taken.add(id);
    return { id, container };
  });
}

/** The name of an instance's container. */
export function nameOf(project: string, id: string): string {
  return `${project}-${id}`;
}

function findOwnId(container: Container): string | undefined {
  const base = labelOf(container, LABELS.base);
  const prefix = `/${nameOf(labelOf(container, COMPOSE_LABELS.project) ?? '', `${base}-`)}`;
  const number = container.Name.startsWith(prefix) ? container.Name.slice(prefix.length) : '';
  return /^[1-9]\d*$/.test(number) ? `${base}-${number}` : undefined;
}

function firstFree(base: string, taken: ReadonlySet<string | undefined>): string {
  for (let number = 1; ; number += 1) if (!taken.has(`${base}-${number}`)) return `${base}-${number}`;
}

/** `api-1.2.0-01jd3k-2` to base and number. */
export function splitId(id: string): { readonly base: string; readonly number: number } {
  const at = id.lastIndexOf('-');
  return { base: id.slice(0, at), number: Number(id.slice(at + 1)) };
}

function describeForeign(container: Container): string {
  const parts = [COMPOSE_LABELS.project, COMPOSE_LABELS.service, COMPOSE_LABELS.number];
  return parts
    .map((label) => labelOf(container, label) ?? '')
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, '-');
}
