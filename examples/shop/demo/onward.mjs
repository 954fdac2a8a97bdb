import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../../dist/onward.js', import.meta.url));

/**
 * The command line of Onward, as an operator of this deployment would use it.
 *
 * @param {{ environment: Record<string, string>, signal: AbortSignal }} options the signal kills what runs
 */
export function createOnward({ environment, signal }) {
  if (!existsSync(PROGRAM)) throw new Error('There is no dist/onward.js: run "npm run build" first');

  /**
   * What it says for people goes to this terminal; its data is returned.
   *
   * @param {string[]} args
   * @returns {Promise<{ exit: number | null, stdout: string }>}
   */
  const run = (args, options = {}) =>
    new Promise((resolve, reject) => {
      const env = { ...process.env, ...environment };
      const child = spawn(process.execPath, [PROGRAM, ...args], {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
        ...options,
      });
      const chunks = [];
      child.stdout.on('data', (chunk) => chunks.push(chunk));
      child.once('error', reject);
      child.once('close', (exit) => resolve({ exit, stdout: Buffer.concat(chunks).toString() }));
    });

  return {
    program: PROGRAM,
    /** Runs a command to its end, whatever its exit code. */
    run: (/** @type {string[]} */ args) => run(args, { signal, killSignal: 'SIGKILL' }),
    /** Runs a command that must succeed; returns its data. */
    async must(/** @type {string[]} */ args) {
      const { exit, stdout } = await run(args, { signal, killSignal: 'SIGKILL' });
      if (exit !== 0) throw new Error(`"onward ${args.join(' ')}" ended with ${exit}`);
      return stdout;
    },
    /** Stops the services and the switch. In a session of its own, so that a second Ctrl-C does not reach it. */
    takeDown: (/** @type {string} */ folder) => run(['down', '--yes', '--file', folder], { detached: true }),
  };
}
