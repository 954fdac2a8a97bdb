/** `sun_path` holds 108 bytes, with the terminating zero; ssh binds a name with a suffix of 17 first, and %C stands for 40. */
const LIMIT_BYTES = 107 - 17 - 40;
/** What would mean something to ssh's own reading of a setting. */
const SPECIAL = /["'\\%$\s]/;

/**
 * Where ssh keeps the socket of a shared connection. In a folder whose path is too long for a socket, ssh is started in that folder, and
 * names the socket relative to it.
 */
export function chooseControlPath(folder: string): { readonly path: string; readonly cwd?: string } {
  const prefix = `${folder}/`;
  const isPlain = Buffer.byteLength(prefix) <= LIMIT_BYTES && !SPECIAL.test(prefix);
  return isPlain ? { path: `${prefix}%C` } : { path: '%C', cwd: folder };
}
