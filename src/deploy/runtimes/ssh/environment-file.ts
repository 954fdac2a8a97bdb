/** What systemd takes for an environment it would leave out without a word. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNUSABLE = /[\x00-\x08\x0b-\x1f\x7f]/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The variables that cannot be given to a unit, and why. */
export function findUnusable(environment: { readonly [name: string]: string }): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    if (!NAME.test(name)) return [`"${name}" is no name of a variable`];
    return UNUSABLE.test(value) ? [`the value of ${name} holds a control character`] : [];
  });
}

/** The text of an `EnvironmentFile=`: every value in double quotes, in which systemd reads a backslash before four characters. */
export function renderEnvironmentFile(environment: { readonly [name: string]: string }): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}="${value.replace(/["\\`$]/g, '\\$&')}"\n`)
    .join('');
}
