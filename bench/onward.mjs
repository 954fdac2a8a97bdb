import { existsSync } from 'node:fs';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun } from './command.mjs';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));

/**
 * Onward as it is built.
 *
 * @typedef {object} Tool
 * @property {string} program
 * @property {(args: readonly string[], options?: Parameters<typeof mustRun>[1]) => ReturnType<typeof mustRun>} run a command that must succeed
 */

/** Copies the built command, so that a build that happens meanwhile changes no figure. @param {string} folder @returns {Promise<Tool>} */
export async function installTool(folder) {
  if (!existsSync(join(DIST, 'onward.js'))) throw new Error('There is no dist/onward.js: run "npm run build" first');
  const installed = join(folder, 'onward');
  await cp(DIST, join(installed, 'dist'), { recursive: true });
  await writeFile(join(installed, 'package.json'), '{ "type": "module" }');
  const program = join(installed, 'dist', 'onward.js');
  return { program, run: (args, options) => mustRun([process.execPath, program, ...args], options) };
}
