import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun } from './command.mjs';

const BENCH = fileURLToPath(new URL('./', import.meta.url));

/** Where the tools are that Onward is compared with. */
export const PEERS = join(BENCH, 'node_modules');

/** The one that was added last: with it, all are there. */
const NEWEST = 'squawk-cli';

/** Installs the peers from their lock file, unless they are there. */
export async function installPeers() {
  if (existsSync(join(PEERS, NEWEST))) return;
  await mustRun(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--prefix', BENCH], { cwd: BENCH });
}
