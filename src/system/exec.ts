import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export interface ExecOptions {
  readonly cwd?: string;
  /** The whole environment of the child; the parent's when left out. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Written to standard input, which is then closed. A stream that fails ends the program, and the run rejects with its reason. */
  readonly input?: string | AsyncIterable<Buffer>;
  /** What it writes, as it comes, beside what the result keeps. */
  readonly onStdout?: (chunk: Buffer) => void;
  readonly onStderr?: (chunk: Buffer) => void;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Called with what it writes to either output, as it comes. */
  readonly onOutput?: (chunk: Buffer) => void;
  /** Gives the program a process group of its own; at the time limit all of it is killed, not the program alone. */
  readonly ownGroup?: boolean;
  /** Bytes kept of each of stdout and stderr; what is over is dropped from the front. */
  readonly keepBytes?: number;
}

export interface ExecResult {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly timedOut: boolean;
}

export interface Exec {
  /** Runs a program by its argv, never through a shell. Rejects only when it cannot be started. */
  run(argv: readonly string[], options: ExecOptions): Promise<ExecResult>;
}

export function createExec(): Exec {
  return { run };
}

function run(argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
  const [program, ...args] = argv;
  if (program === undefined) return Promise.reject(new Error('An argv needs a program'));
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.environment ?? process.env,
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: options.ownGroup ?? false,
      ...(options.signal ? { signal: options.signal } : {}),
    });
    const limit = options.keepBytes ?? 1_048_576;
    const stdout = new Tail(limit);
    const stderr = new Tail(limit);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      if (options.ownGroup) killGroup(child.pid);
      else child.kill('SIGKILL');
    }, options.timeoutMs);
    for (const [stream, tail, tell] of [
      [child.stdout, stdout, options.onStdout] as const,
      [child.stderr, stderr, options.onStderr] as const,
    ]) {
      stream.on('data', (chunk: Buffer) => {
        tail.push(chunk);
        tell?.(chunk);
        options.onOutput?.(chunk);
      });
    }
    let inputError: unknown;
    feed(child, options.input ?? '', (error) => {
      inputError = error;
      child.kill('SIGKILL');
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      if (inputError !== undefined) reject(inputError);
      else resolve({ exitCode, stdout: stdout.text(), stderr: stderr.text(), timedOut });
    });
  });
}

function feed(
  child: ChildProcessWithoutNullStreams,
  input: string | AsyncIterable<Buffer>,
  onFailure: (error: unknown) => void,
): void {
  // A program that does not read its input closes the pipe early; its exit code says what happened.
  child.stdin.on('error', () => {});
  if (typeof input === 'string') {
    child.stdin.end(input);
    return;
  }
  const source = Readable.from(input, { objectMode: false });
  let failure: unknown;
  source.on('error', (error) => {
    failure = error;
  });
  pipeline(source, child.stdin).catch(() => {
    if (failure !== undefined && !isPipeClosed(failure)) onFailure(failure);
  });
}

function isPipeClosed(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'EPIPE' || code === 'ERR_STREAM_PREMATURE_CLOSE' || code === 'ERR_STREAM_DESTROYED';
}

/** A program that could not be started has no group; one that has ended may have left some of it. */
function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** The last `limit` bytes of a stream. */
class Tail {
  readonly #limit: number;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes > 2 * this.#limit) {
      const kept = Buffer.concat(this.#chunks).subarray(-this.#limit);
      this.#chunks = [kept];
      this.#bytes = kept.length;
    }
  }

  text(): string {
    return Buffer.concat(this.#chunks).subarray(-this.#limit).toString('utf8');
  }
}
