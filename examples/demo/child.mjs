import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/**
 * Runs a program to its end, whatever its exit code, in a session of its own: Ctrl-C in the terminal reaches the demo alone, which decides what
 * becomes of the program. Rejects when it cannot be started, and with the signal's reason once the signal has killed it and what it started there.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ signal: AbortSignal, cwd?: string, environment?: Record<string, string>, stderr?: 'pipe' | 'inherit' }} options
 * @returns {Promise<{ exit: number | null, stdout: string, stderr: string }>} the error output where it is piped
 */
export async function runChild(program, args, { signal, cwd, environment = {}, stderr = 'pipe' }) {
  signal.throwIfAborted();
  const child = spawn(program, args, {
    cwd,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', stderr],
    detached: true,
  });
  const kill = () => child.pid && process.kill(-child.pid, 'SIGKILL');
  signal.addEventListener('abort', kill);
  try {
    const said = Promise.all([text(child.stdout), child.stderr ? text(child.stderr) : '']);
    const [[exit], [out, err]] = await Promise.all([once(child, 'close'), said]);
    signal.throwIfAborted();
    return { exit, stdout: out, stderr: err };
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
