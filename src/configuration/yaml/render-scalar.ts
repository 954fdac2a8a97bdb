/** Words that one version of YAML or another takes for something else than text. */
const WORDS = /^(y|n|yes|no|on|off|true|false|null)$/i;

/** On one line, and read as the same value by every version of YAML. Text that might not be stands in double quotes, as in JSON. */
export function renderScalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  const isPlain = /^[A-Za-z][A-Za-z0-9_./-]*$/.test(value) && !WORDS.test(value);
  return isPlain ? value : JSON.stringify(value);
}
