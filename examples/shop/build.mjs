// The vendor's build: node build.mjs <version> <new folder>
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const SHOP = fileURLToPath(new URL('.', import.meta.url));
const SOURCES = join(SHOP, 'src');
const SERVICES = ['api', 'web', 'worker', 'scheduler'];

/**
 * Makes the product as it stood at a release: product.yaml, what it says of each release, the migrations up to this one, and a bundle
 * of each service in `dist/<service>`. It is what `onward release build` reads.
 *
 * @param {string} version such as `1.1.0`
 * @param {string} folder a new or empty one
 */
export async function buildShop(version, folder) {
  const versions = await versionsUpTo(version);
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0) throw new Error(`${folder} is not empty`);
  await copyFile(join(SHOP, 'product.yaml'), join(folder, 'product.yaml'));
  for (const name of versions) {
    for (const path of [`releases.d/${name}.yaml`, `migrations/core/v${name}`]) {
      await cp(join(SHOP, path), join(folder, path), { recursive: true });
    }
  }
  await bundleServices(versions, join(folder, 'dist'));
}

/** Newest first. */
async function versionsUpTo(version) {
  const versions = (await readdir(SOURCES)).sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  if (!versions.includes(version))
    throw new Error(`There is no release ${version}, only ${versions.reverse().join(', ')}`);
  return versions.slice(versions.indexOf(version));
}

/**
 * The same sources give the same bytes, wherever and whenever they are bundled: a service that a release did not change is carried by
 * it, not rolled.
 */
async function bundleServices(versions, folder) {
  await build({
    entryPoints: Object.fromEntries(SERVICES.map((service) => [`${service}/main`, `./${service}/main.mjs`])),
    outdir: resolve(folder),
    outExtension: { '.js': '.mjs' },
    plugins: [overlay(versions.map((version) => join(SOURCES, version)))],
    // Paths in the bundles start at the repository, not at the root of this disk.
    absWorkingDir: resolve(SHOP, '../..'),
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

/** Each release's folder holds only the files that it adds or replaces: an import finds the newest one. */
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
  if (!version || !folder) throw new Error('Usage: node build.mjs <version> <new folder>');
  await buildShop(version, folder);
}
