import { spawn } from 'node:child_process';
import { oweRemoval } from './clean-up.mjs';

/**
 * Runs a command to its end. The time is that of the whole command, from before it is started until it is gone.
 *
 * @param {readonly string[]} argv
 * @param {{ cwd?: string, environment?: Record<string, string>, timeoutMs?: number }} [options] it is killed after `timeoutMs`
 * @returns {Promise<{ ms: number, exit: number | null, stdout: string, stderr: string }>}
 */
export function runCommand(argv, { cwd, environment, timeoutMs } = {}) {
  return new Promise((resolve, reject) => {
    const [program, ...args] = argv;
    const startedAt = performance.now();
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, killSignal: 'SIGKILL' }),
    });
    // The bench may be interrupted: nothing that it has started goes on then.
    const settled = oweRemoval(program, async () => child.kill('SIGKILL'));
    child.once('close', settled);
    let ms = 0;
    const stdout = [];
    const stderr = [];
    child.stdout.on('data', (chunk) => stdout.push(chunk));
    child.stderr.on('data', (chunk) => stderr.push(chunk));
    child.once('error', reject);
    child.once('exit', () => {
      ms = performance.now() - startedAt;
    });
    child.once('close', (exit) =>
      resolve({ ms, exit, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
  });
}

/** As `runCommand`, for one that must succeed. @param {readonly string[]} argv */
export async function mustRun(argv, options = {}) {
  const result = await runCommand(argv, options);
  if (result.exit === 0) return result;
  throw new Error(
    `"${argv.join(' ')}" ended with ${result.exit}:\n${result.stdout.slice(-2_000)}${result.stderr.slice(-2_000)}`,
  );
}
