interface Shipped {
  readonly artifact?: string;
  readonly tarball?: string;
  readonly image?: string;
  readonly command?: unknown;
}

interface Report {
  addIssue(issue: { readonly code: 'custom'; readonly path: PropertyKey[]; readonly message: string }): void;
}

const WAYS = ['artifact', 'tarball', 'image'] as const;

/** A service ships a folder or a tarball, which need a command, or an image, which has one of its own. */
export function checkShipped(
  product: { readonly services: { readonly [name: string]: Shipped } },
  report: Report,
): void {
  const add = (path: PropertyKey[], message: string) => report.addIssue({ code: 'custom', path, message });
  for (const [name, service] of Object.entries(product.services)) {
    const path = ['services', name];
    const [first, ...others] = WAYS.filter((way) => service[way] !== undefined);
    if (first === undefined) add(path, 'must name what it ships: an artifact, a tarball, or an image');
    for (const other of others) add([...path, other], `there is an ${first} as well, and a service ships one of them`);
    if (others.length === 0 && first !== undefined && first !== 'image' && service.command === undefined) {
      add([...path, 'command'], 'is missing');
    }
  }
}
