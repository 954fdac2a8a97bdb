import { readFile, writeFile } from 'node:fs/promises';

/**
 * Writes a file of an example to where it is used, with other ports, hosts or folders than it names; all else stays as it is.
 *
 * @param {string | URL} source
 * @param {string} target
 * @param {Record<string, string>} replacements by what stands there, which must be so
 */
export async function copyChanged(source, target, replacements) {
  let text = await readFile(source, 'utf8');
  for (const [old, next] of Object.entries(replacements)) {
    if (!text.includes(old)) throw new Error(`${source} does not name ${old}`);
    text = text.replaceAll(old, next);
  }
  await writeFile(target, text);
}
