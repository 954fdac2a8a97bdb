import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../../dist/onward.js', import.meta.url));

/**
 * Onward, as somebody types it in a folder: `onward.run('upgrade --yes')`, or a list of words where one has spaces. What it says for people
 * goes to this terminal.
 *
 * @param {{ directory: string, environment: Record<string, string>, signal: AbortSignal }} options the signal kills what runs
 */
export function createOnward({ directory, environment, signal }) {
  if (!existsSync(PROGRAM)) throw new Error('There is no dist/onward.js: run "npm run build" first');
  const settings = {
    cwd: directory,
    env: { ...process.env, ...environment },
    stdio: /** @type {const} */ (['ignore', 'pipe', 'inherit']),
  };
  const killable = { ...settings, signal, killSignal: /** @type {const} */ ('SIGKILL') };
  return {
    program: PROGRAM,
    /** Runs a command to its end, whatever its exit code. @param {string | string[]} command */
    run: (command) => run(command, killable),
    /** Runs a command that must succeed; returns its data. @param {string | string[]} command */
    async must(command) {
      const { exit, stdout } = await run(command, killable);
      if (exit !== 0) throw new Error(`"onward ${command}" ended with ${exit}`);
      return stdout;
    },
    /** Stops the services and the switch, in a session of its own, so that a second Ctrl-C does not reach it. */
    takeDown: () => run('down --yes', { ...settings, detached: true }),
  };
}

/** @returns {Promise<{ exit: number | null, stdout: string }>} */
function run(command, settings) {
  return new Promise((resolve, reject) => {
    const words = typeof command === 'string' ? command.split(' ') : command;
    const child = spawn(process.execPath, [PROGRAM, ...words], settings);
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.once('error', reject);
    child.once('close', (exit) => resolve({ exit, stdout: Buffer.concat(chunks).toString() }));
  });
}
