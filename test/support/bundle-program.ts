import { join } from 'node:path';
import { build } from 'esbuild';

/** Bundles a detached program as the build does, into one file in `folder`, so that tests need no built dist. */
export async function bundleProgram(entry: string, folder: string, name = 'program'): Promise<string> {
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    define: { ONWARD_VERSION: '"0.0.0"' },
    external: ['pg-native', 'libpg-query'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'warning',
  });
  return outfile;
}
