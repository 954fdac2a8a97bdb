/** A key of a configuration file, from the outermost mapping inwards. A variable of an env file is a path of one segment. */
export type ConfigurationKey = readonly string[];

/** What a release changes in a configuration file of its operators, named as onward.yaml maps it. Keys are dotted paths; see `parseConfigurationKey`. */
export type ConfigurationChange = {
  readonly file: string;
  readonly description?: string;
  /** Its value is never shown. */
  readonly secret?: boolean;
} & (
  | { readonly kind: 'added'; readonly key: string; readonly default: string | number | boolean }
  | { readonly kind: 'required'; readonly key: string }
  | { readonly kind: 'renamed'; readonly key: string; readonly to: string }
  | { readonly kind: 'removed'; readonly key: string }
  | { readonly kind: 'deprecated'; readonly key: string; readonly instead?: string; readonly message?: string }
);

/** Dots part the segments; one that holds a dot, a quote or a space stands in double quotes, as in JSON. `undefined`: it is no key. */
export function parseConfigurationKey(text: string): ConfigurationKey | undefined {
  const segments: string[] = [];
  let rest = text;
  for (;;) {
    const [found = ''] = /^("(?:[^"\\]|\\.)*"|[^."\s]+)/.exec(rest) ?? [];
    const segment = found.startsWith('"') ? parseQuoted(found) : found;
    if (segment === undefined || segment === '') return undefined;
    segments.push(segment);
    rest = rest.slice(found.length);
    if (rest === '') return segments;
    if (!rest.startsWith('.')) return undefined;
    rest = rest.slice(1);
  }
}

/** As `parseConfigurationKey` reads it. */
export function describeConfigurationKey(key: ConfigurationKey): string {
  return key.map((segment) => (/^[^."\s]+$/.test(segment) ? segment : JSON.stringify(segment))).join('.');
}

/** True when one is the other, or is inside of it. */
export function isWithinKey(inner: ConfigurationKey, outer: ConfigurationKey): boolean {
  return outer.length <= inner.length && outer.every((segment, index) => segment === inner[index]);
}

function parseQuoted(text: string): string | undefined {
  try {
    return JSON.parse(text) as string;
  } catch {
    return undefined;
  }
}
