import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { ProcessIdentity } from './process-identity.ts';
import { bootId, pidNamespace, readArgv, readProcess } from './process-table.ts';

export interface GatedOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Receives stdout and stderr. When it is full it becomes `<file>.1`, and that one `<file>.2`. */
  readonly logFile: string;
  readonly logLimitBytes: number;
}

export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export type PipedOptions = Pick<GatedOptions, 'argv' | 'cwd' | 'environment'>;

/** A gated process whose output comes here. Nobody else reads it: it writes into a broken pipe once this process has ended. */
export interface PipedProcess extends GatedProcess {
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/** A process that exists, can be written down, and runs its program only once it is let. */
export interface GatedProcess {
  readonly identity: ProcessIdentity;
  /** Lets the program run, under the same process number. */
  release(): void;
  /** The process ends without having run the program. So it does when the one who started it ends before `release`. */
  abandon(): void;
  readonly ended: Promise<ProcessExit>;
  /** Resolves when everything it wrote is in the log. */
  readonly outputEnded: Promise<void>;
}

const GATE_NAME = 'onward-gate';

/** Waits for a line on descriptor 3 and then becomes the program. The end of the pipe means: do not. */
const GATE = 'read -r go <&3 || exit 125; exec 3<&-; exec "$@"';

/**
 * Copies its input to the log `$1`, at most `$2` bytes a file. It is a process of its own so that the program outlives whoever
 * supervises it, and the only writer, so that no line is lost when files change. `dd` never reads more than it is told to. When
 * it cannot write (a full disk), output is thrown away, so that the program never waits for its log.
 */
const WRITE_LOG = `
umask 077
while :; do
  size=$(wc -c <"$1" 2>/dev/null) || size=0
  left=$(($2 - size))
  if [ "$left" -le 0 ]; then
    mv -f "$1.1" "$1.2" 2>/dev/null
    mv -f "$1" "$1.1" || : >"$1"
    left=$2
  fi
  block=8192
  [ "$left" -ge "$block" ] || block=$left
  seen=$(LC_ALL=C dd bs="$block" count=$((left / block)) 2>&1 >>"$1") ||
    seen=$(LC_ALL=C dd bs="$block" count=1 2>&1 >/dev/null)
  case "$seen" in "0+0 records in"*) exit 0 ;; esac
done
`;

/** Starts a process in a session of its own, which waits at its gate. It and its log writer outlive this process. */
export async function startGated(options: GatedOptions): Promise<GatedProcess> {
  const writer = spawn('/bin/sh', ['-c', WRITE_LOG, 'onward-log', options.logFile, String(options.logLimitBytes)], {
    cwd: '/',
    env: { PATH: options.environment.PATH ?? '/usr/bin:/bin' },
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const outputEnded = new Promise<void>((resolve) => {
    writer.once('exit', () => resolve());
    writer.once('error', () => resolve());
  });
  try {
    await spawned(writer);
    return await startAtGate(options, writer.stdin, outputEnded);
  } finally {
    // The program holds the only other end, so the writer ends when the program and its descendants have.
    writer.stdin.destroy();
    writer.unref();
  }
}

/** As `startGated`, with its output in pipes to this process in place of a log. */
export async function startPiped(options: PipedOptions): Promise<PipedProcess> {
  const child = spawnAtGate(options, 'pipe');
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('A process with pipes has none');
  // `close` comes when both pipes have ended, which a descendant may hold open.
  const outputEnded = new Promise<void>((resolve) => child.once('close', () => resolve()));
  return { ...(await waitAtGate(child, outputEnded)), stdout, stderr };
}

async function startAtGate(options: GatedOptions, output: Writable, outputEnded: Promise<void>): Promise<GatedProcess> {
  return waitAtGate(spawnAtGate(options, output), outputEnded);
}

function spawnAtGate(options: PipedOptions, output: Writable | 'pipe'): ChildProcess {
  return spawn('/bin/sh', ['-c', GATE, GATE_NAME, ...options.argv], {
    cwd: options.cwd,
    env: options.environment,
    detached: true,
    stdio: ['ignore', output, output, 'pipe'],
  });
}

async function waitAtGate(child: ChildProcess, outputEnded: Promise<void>): Promise<GatedProcess> {
  const ended = new Promise<ProcessExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  await spawned(child);
  const gate = child.stdio[3] as Writable;
  // A process that was killed at its gate has closed the pipe; its exit tells the story.
  gate.on('error', () => {});
  const pid = child.pid ?? -1;
  const startTicks = readProcess(pid)?.startTicks;
  if (startTicks === undefined) throw new Error(`Process ${pid} is gone`);
  return {
    identity: { pid, startTicks, boot: bootId(), namespace: pidNamespace() },
    release: () => gate.end('go\n'),
    abandon: () => gate.destroy(),
    ended,
    outputEnded,
  };
}

/** True while a process waits at its gate, so that its program has not run. */
export function isAtGate(pid: number): boolean {
  const argv = readArgv(pid);
  return argv[2] === GATE && argv[3] === GATE_NAME;
}

function spawned(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
}
