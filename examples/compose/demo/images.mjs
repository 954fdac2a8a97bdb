import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { docker } from './docker.mjs';

const DOCKERFILE = fileURLToPath(new URL('../Dockerfile', import.meta.url));
const SERVICES = ['api', 'web', 'worker', 'scheduler'];
const LABEL = 'dev.onward.demo';

/**
 * The vendor's images: built from the bundles of a release, and pushed under its version. A bundle that an earlier release had is the same image
 * under another tag, so that its digest is the same and the service is carried.
 *
 * @param {object} options
 * @param {string} options.project in the name and on the label of what is built
 * @param {string} options.registry
 * @param {string} options.base an image with Node
 * @param {AbortSignal} options.signal
 */
export function createImages({ project, registry, base, signal }) {
  /** @type {Set<string>} */
  const built = new Set();

  const build = async (/** @type {string} */ service, /** @type {string} */ folder) => {
    const reference = `${project}/${service}:${await hashFolder(folder)}`;
    if (built.has(reference)) return reference;
    const settings = ['--build-arg', `BASE=${base}`, '--label', `${LABEL}=${project}`, '--file', DOCKERFILE];
    await docker(['build', '--quiet', '--force-rm', ...settings, '--tag', reference, folder], { signal });
    built.add(reference);
    return reference;
  };
  const publishOne = async (/** @type {string} */ service, { version, bundles }) => {
    const reference = await build(service, join(bundles, service));
    const published = `${registry}/shop/${service}:${version}`;
    await docker(['tag', reference, published], { signal });
    await docker(['push', '--quiet', published], { signal });
    // The operator's engine is another one, as a rule, and has to pull it.
    await docker(['image', 'rm', published]);
  };
  return {
    /** @param {string} version @param {string} bundles the folder with one folder for each service */
    async publish(version, bundles) {
      const [first, ...others] = SERVICES;
      // The layers of the base go with the first one.
      await publishOne(first, { version, bundles });
      await Promise.all(others.map((service) => publishOne(service, { version, bundles })));
    },
    /** What was built, and what was pulled since, whatever it is called. */
    async remove() {
      const list = await docker(['image', 'ls', '--quiet', '--filter', `label=${LABEL}=${project}`]);
      const ids = new Set(list.split('\n').filter(Boolean));
      if (ids.size > 0) await docker(['image', 'rm', '--force', ...ids]);
    },
  };
}

/** @param {string} folder */
async function hashFolder(folder) {
  const hash = createHash('sha256');
  for (const name of (await readdir(folder)).sort()) hash.update(name).update(await readFile(join(folder, name)));
  return hash.digest('hex').slice(0, 12);
}
