/** Text of another program to an object; what is none has no keys. */
export function parseRecord(text: string): { readonly [key: string]: unknown } {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return {};
  }
}

/** The keys of an object; of anything else, none. */
export function recordOf(value: unknown): { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null ? (value as { readonly [key: string]: unknown }) : {};
}

/** A text that is not empty. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
