import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { docker } from '../../examples/compose/demo/docker.mjs';
import { oweRemoval } from '../clean-up.mjs';
import { writeArtifact } from '../deployment.mjs';
import { NAMES, SERVICE_PORT, SERVICES } from './services.mjs';

const LABEL = 'dev.onward.bench';

/**
 * Builds and pushes both services for each version; the engine keeps them, so that no candidate waits for a pull.
 *
 * @param {object} options
 * @param {string} options.folder
 * @param {string} options.base an image with Node
 * @param {string} options.registry
 * @param {readonly string[]} options.versions
 */
export async function publishImages({ folder, base, registry, versions }) {
  /** @type {string[]} */
  const published = [];
  const remove = oweRemoval('Images of the bench', async () => {
    if (published.length > 0) await docker(['image', 'rm', ...published]);
  });
  for (const version of versions) {
    for (const name of NAMES) {
      const context = join(folder, version, name);
      await mkdir(context, { recursive: true });
      await writeArtifact(join(context, 'app'), { version, startMs: SERVICES[name]?.startMs });
      await writeFile(join(context, 'Dockerfile'), renderDockerfile(base));
      const reference = `${registry}/bench/${name}:${version}`;
      await docker(['build', '--quiet', '--label', `${LABEL}=${registry}`, '--tag', reference, context]);
      await docker(['push', '--quiet', reference]);
      published.push(reference);
    }
  }
  return { remove };
}

/** @param {string} base */
function renderDockerfile(base) {
  return `FROM ${base}
COPY app /app
WORKDIR /app
ENV HOST=0.0.0.0 PORT=${SERVICE_PORT}
CMD ["node", "main.mjs"]
`;
}
