const VERSION = /\$\{version\}/g;

/** What product.yaml names with `${version}` in it, for one version. */
export function fillVersion(template: string, version: string): string {
  return template.replaceAll(VERSION, () => version);
}

/** What else it asks to be replaced, which nothing is; `undefined` when it asks for nothing else. */
export function explainUnknownVariable(template: string): string | undefined {
  const [unknown] = /\$\{[^}]*\}?|\$\w*/.exec(template.replaceAll(VERSION, '')) ?? [];
  return unknown === undefined ? undefined : `knows no ${unknown}; only \${version} is replaced`;
}
