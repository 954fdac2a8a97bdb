import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runChild } from './child.mjs';
import { DemoError } from './run-demo.mjs';

const PROGRAM = fileURLToPath(new URL('../../dist/onward.js', import.meta.url));
const TAKE_DOWN_LIMIT_MS = 90_000;

/**
 * Onward, as somebody types it in a folder: `onward.run('upgrade --yes')`, or a list of words where one has spaces. What it says for people
 * goes to this terminal.
 *
 * @param {{ directory: string, environment: Record<string, string>, signal: AbortSignal }} options the signal kills what runs
 */
export function createOnward({ directory, environment, signal }) {
  if (!existsSync(PROGRAM)) throw new DemoError('There is no dist/onward.js: run "npm run build" first', { exit: 2 });
  const run = (/** @type {string | readonly string[]} */ command, /** @type {AbortSignal} */ until) => {
    const words = typeof command === 'string' ? command.split(' ') : command;
    const settings = { cwd: directory, environment, stderr: /** @type {const} */ ('inherit'), signal: until };
    return runChild(process.execPath, [PROGRAM, ...words], settings);
  };
  const must = async (/** @type {string | readonly string[]} */ command, /** @type {AbortSignal} */ until) => {
    const { exit, stdout } = await run(command, until);
    if (exit !== 0) throw new DemoError(`"onward ${[command].flat().join(' ')}" ended with ${exit}`);
    return stdout;
  };
  return {
    program: PROGRAM,
    directory,
    /** Runs a command to its end, whatever its exit code. @param {string | readonly string[]} command */
    run: (command) => run(command, signal),
    /** Runs a command that must succeed; returns its data. @param {string | readonly string[]} command */
    must: (command) => must(command, signal),
    /** Stops the services and the switch, even after the signal. */
    takeDown: () => must('down --yes', AbortSignal.timeout(TAKE_DOWN_LIMIT_MS)),
  };
}
