import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = new URL('../../', import.meta.url);

const PARTS = `
export { runDataMigration } from './src/data-migrate/index.ts';
export { createLedger } from './src/migrate/index.ts';
export { DEFAULT_PACING } from './src/model/index.ts';
export { createSystem, resolveConnectionTarget } from './src/system/index.ts';
export { createReplica, REPLICATED } from './test/support/replica.ts';
`;

/**
 * Onward's data migrations by themselves: a run of the whole command would measure a deployment as well.
 */
export async function loadEngine() {
  // Where the packages are found.
  const bundle = new URL('node_modules/.cache/onward/bench-backfill.mjs', root);
  await mkdir(new URL('.', bundle), { recursive: true });
  await build({
    stdin: { contents: PARTS, resolveDir: fileURLToPath(root), loader: 'ts' },
    outfile: fileURLToPath(bundle),
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
  });
  return import(bundle.href);
}
