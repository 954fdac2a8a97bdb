import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Imports from the product's source, which is TypeScript: `contents` is a module as it would stand at the root of the repository, such as
 * `export { RULES } from './src/lint/rules/index.ts'`. The bundle stands beside node_modules for a moment, where dependencies and the
 * binaries of embedded servers are found.
 *
 * @param {string} contents
 */
export async function loadSource(contents) {
  const folder = `${root}node_modules/.cache/onward`;
  const outfile = `${folder}/source-${process.pid}.mjs`;
  await mkdir(folder, { recursive: true });
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['pg-native', 'libpg-query'],
    // Dependencies that are CommonJS call require() for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  try {
    return await import(outfile);
  } finally {
    await rm(outfile);
  }
}
