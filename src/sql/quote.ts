/** A value as an SQL literal that means the same under every setting of the session. */
export function quoteLiteral(value: string | number | boolean | null): string {
  if (value === null) return 'null';
  if (typeof value !== 'string') return String(value);
  const quoted = `'${value.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`;
  return value.includes('\\') ? ` E${quoted}` : quoted;
}

export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** An array of texts as an SQL literal. */
export function quoteTextArray(values: readonly string[]): string {
  return `array[${values.map((value) => quoteLiteral(value)).join(', ')}]::pg_catalog.text[]`;
}
