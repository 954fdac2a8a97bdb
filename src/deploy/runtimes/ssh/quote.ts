/**
 * One word for a POSIX shell that stands for exactly this text: nothing in it is expanded, split or taken for an option's end. Throws a
 * `RangeError` for a text with NUL, which no shell can hold.
 */
export function quote(text: string): string {
  if (text.includes('\0')) throw new RangeError('A shell word cannot hold NUL');
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Lines such as `SERVICE='api'`, in the order given. */
export function renderAssignments(variables: { readonly [name: string]: string | number }): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${quote(String(value))}\n`)
    .join('');
}
