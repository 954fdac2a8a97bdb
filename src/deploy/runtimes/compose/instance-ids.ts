import { type Container, labelOf } from './containers.ts';
import { COMPOSE_LABELS, LABELS } from './labels.ts';

/** A container and the id of the instance that it is. */
export interface Identified {
  readonly id: string;
  readonly container: Container;
}

/**
 * Which instance each container of a service is; they are given by their numbers. The n-th one that was made for `api-1.2.0-01jd3k` is
 * `api-1.2.0-01jd3k-n`: instances of one base differ in nothing, so which of them is which needs no record. One that Onward did not make has
 * the name that Compose gives by default, `shop-api-1`, whatever its name is.
 */
export function identifyContainers(containers: readonly Container[]): readonly Identified[] {
  const counts = new Map<string, number>();
  return containers.map((container) => {
    const base = labelOf(container, LABELS.base);
    if (base === undefined) return { id: nameById(container), container };
    const number = (counts.get(base) ?? 0) + 1;
    counts.set(base, number);
    return { id: `${base}-${number}`, container };
  });
}

/** `api-1.2.0-01jd3k-2` to base and number. */
export function splitId(id: string): { readonly base: string; readonly number: number } {
  const at = id.lastIndexOf('-');
  return { base: id.slice(0, at), number: Number(id.slice(at + 1)) };
}

function nameById(container: Container): string {
  const parts = [COMPOSE_LABELS.project, COMPOSE_LABELS.service, COMPOSE_LABELS.number];
  return parts
    .map((label) => labelOf(container, label) ?? '')
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9.-]/g, '-');
}
