import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

/**
 * What the override says of each service; refuses one whose image is not pinned by its digest.
 *
 * @param {string} path
 * @returns {Promise<Record<string, { release: string, replicas: number }>>}
 */
export async function readOverride(path) {
  const { services } = parse(await readFile(path, 'utf8'), { logLevel: 'error' });
  const entries = Object.entries(services).map(([name, { image, scale, environment }]) => {
    if (!/@sha256:[0-9a-f]{64}$/.test(image)) throw new Error(`The override names ${image} for ${name}, and no digest`);
    return [name, { release: environment.ONWARD_RELEASE, replicas: scale }];
  });
  return Object.fromEntries(entries);
}
