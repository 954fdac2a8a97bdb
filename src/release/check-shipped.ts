interface Shipped {
  readonly artifact?: string;
  readonly image?: string;
  readonly command?: unknown;
}

interface Report {
  addIssue(issue: { readonly code: 'custom'; readonly path: PropertyKey[]; readonly message: string }): void;
}

/** A service ships a folder, which needs a command, or an image, which has one of its own. */
export function checkShipped(
  product: { readonly services: { readonly [name: string]: Shipped } },
  report: Report,
): void {
  const add = (path: PropertyKey[], message: string) => report.addIssue({ code: 'custom', path, message });
  for (const [name, { artifact, image, command }] of Object.entries(product.services)) {
    const path = ['services', name];
    if (artifact !== undefined && image !== undefined) {
      add([...path, 'image'], 'there is an artifact as well, and a service ships one of them');
    } else if (artifact === undefined && image === undefined) {
      add(path, 'must name what it ships: an artifact, or an image');
    } else if (artifact !== undefined && command === undefined) {
      add([...path, 'command'], 'is missing');
    }
  }
}
