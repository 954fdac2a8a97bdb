// The vendor's build: node build.mjs <version> <folder>
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const SOURCES = fileURLToPath(new URL('src', import.meta.url));
export const SERVICES = ['api', 'web', 'worker', 'scheduler'];

/**
 * Bundles every service of a release into `<folder>/<service>/main.mjs`. The same sources give the same bytes wherever and
 * whenever they are built, so a service that a release did not change is carried by it, not rolled.
 *
 * @param {string} version such as `1.1.0`
 * @param {string} folder where to, such as `./dist`
 */
export async function buildShop(version, folder) {
  const layers = await layersOf(version);
  await build({
    entryPoints: Object.fromEntries(SERVICES.map((service) => [`${service}/main`, `./${service}/main.mjs`])),
    outdir: resolve(folder),
    outExtension: { '.js': '.mjs' },
    plugins: [overlay(layers)],
    // Paths in the bundles start at the repository, not at the root of this disk.
    absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['pg-native'],
    // The Postgres driver is CommonJS and calls require() for modules of Node.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
}

/** The folder of every release up to this one, newest first: each holds only the files that it adds or replaces. */
async function layersOf(version) {
  const versions = (await readdir(SOURCES)).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  if (!versions.includes(version))
    throw new Error(`There is no release ${version}: choose one of ${versions.reverse()}`);
  return versions.slice(versions.indexOf(version)).map((name) => join(SOURCES, name));
}

/** Looks up a relative import, and where a service begins, in the newest folder that has it. */
function overlay(layers) {
  const find = (name) => ({ path: layers.map((layer) => join(layer, name)).find(existsSync) });
  return {
    name: 'overlay',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^\./ }, ({ path, importer, kind }) => {
        if (kind === 'entry-point') return find(path);
        const layer = layers.find((folder) => importer.startsWith(folder + sep));
        return layer && find(relative(layer, resolve(dirname(importer), path)));
      }),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [version, folder] = process.argv.slice(2);
  if (!version || !folder) throw new Error('Usage: node build.mjs <version> <folder>');
  await buildShop(version, folder);
}
