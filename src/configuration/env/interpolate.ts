export interface Interpolated {
  readonly text: string;
  /** Names that nothing above sets, and for which the reference has no default. */
  readonly unknown?: readonly string[];
}

const REFERENCE =
  /\$\$|\$([A-Za-z_][A-Za-z0-9_]*)|\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+?])((?:[^{}]|\{[^{}]*\})*))?\}/g;

/** `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME:+other}`, `${NAME:?why}` and their forms without a colon; `$$` is a dollar sign. */
export function interpolate(text: string, known: { readonly [name: string]: string }): Interpolated {
  const unknown: string[] = [];
  const resolve = (part: string): string =>
    part.replace(REFERENCE, (whole, bare?: string, braced?: string, operator?: string, word = '') => {
      if (whole === '$$') return '$';
      const name = bare ?? braced ?? '';
      const value = Object.hasOwn(known, name) ? known[name] : undefined;
      const isSet = value !== undefined && !(operator?.startsWith(':') && value === '');
      if (operator?.endsWith('-')) return isSet ? value : resolve(word);
      if (operator?.endsWith('+')) return isSet ? resolve(word) : '';
      if (!isSet) unknown.push(name);
      return value ?? '';
    });
  const resolved = resolve(text);
  return unknown.length > 0 ? { text: resolved, unknown } : { text: resolved };
}
