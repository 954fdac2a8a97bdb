import { closest } from '../model/index.ts';

/** What the cross-checks of product.yaml read of it. */
interface References {
  readonly databases: { readonly [name: string]: { readonly services: readonly string[] } };
  readonly services: {
    readonly [name: string]: { readonly after: readonly string[]; readonly database?: string };
  };
}

interface Report {
  addIssue(issue: { readonly code: 'custom'; readonly path: PropertyKey[]; readonly message: string }): void;
}

/** Names that refer to nothing, and services that wait for each other in a circle. */
export function checkReferences(product: References, report: Report): void {
  const services = Object.keys(product.services);
  const databases = Object.keys(product.databases);
  const add = (path: PropertyKey[], message: string) => report.addIssue({ code: 'custom', path, message });
  if (services.length === 0) add(['services'], 'must name at least one service');
  for (const [name, database] of Object.entries(product.databases)) {
    for (const [index, service] of database.services.entries()) {
      if (!services.includes(service))
        add(['databases', name, 'services', index], unknown('service', service, services));
    }
  }
  for (const [name, service] of Object.entries(product.services)) {
    if (service.database !== undefined && !databases.includes(service.database)) {
      add(['services', name, 'database'], unknown('database', service.database, databases));
    }
    for (const [index, other] of service.after.entries()) {
      if (!services.includes(other)) add(['services', name, 'after', index], unknown('service', other, services));
    }
  }
  for (const circle of findCircles(product)) {
    const [first = ''] = circle;
    add(['services', first, 'after'], `services wait for each other in a circle: ${[...circle, first].join(' -> ')}`);
  }
}

function unknown(kind: string, name: string, known: readonly string[]): string {
  const meant = closest(name, known);
  return `there is no ${kind} "${name}"${meant ? `; did you mean "${meant}"?` : ''}`;
}

/** Each circle once, beginning at the service that is named first. */
function findCircles(product: References): readonly (readonly string[])[] {
  const circles: string[][] = [];
  const settled = new Set<string>();
  const visit = (name: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(name);
    if (seenAt >= 0) {
      circles.push(trail.slice(seenAt));
      return;
    }
    if (settled.has(name)) return;
    for (const other of product.services[name]?.after ?? []) visit(other, [...trail, name]);
    settled.add(name);
  };
  for (const name of Object.keys(product.services)) visit(name, []);
  return circles;
}
