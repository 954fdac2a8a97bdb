import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = new URL('../../../', import.meta.url);

/**
 * Starts Onward's embedded Postgres, on loopback, with its data in `directory`.
 *
 * @param {string} directory
 * @returns {Promise<{ url: string, port: number, remove(): Promise<void> }>} `url` without the name of a database
 */
export async function startPostgres(directory) {
  // It is written in TypeScript, which Node 20 does not read; the bundle must stand where the server's packages are found.
  const bundle = new URL('node_modules/.cache/onward/embedded-postgres.mjs', root);
  await mkdir(new URL('.', bundle), { recursive: true });
  await build({
    entryPoints: [fileURLToPath(new URL('src/system/embedded-postgres.ts', root))],
    outfile: fileURLToPath(bundle),
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  const { startEmbeddedPostgres } = await import(bundle.href);
  return startEmbeddedPostgres({ directory });
}
