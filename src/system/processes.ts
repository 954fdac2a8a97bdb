import { spawn } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';

/**
 * Which process this is, beyond its number: numbers are used again. A process is the same one only when its number, its
 * start time, the boot and the pid namespace are all equal.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to the process's start (`/proc/<pid>/stat`, field 22). */
  readonly startTicks: string;
  readonly boot: string;
  readonly namespace: string;
}

export interface DetachedOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Receives stdout and stderr, appended. */
  readonly logFile: string;
}

export interface Processes {
  self(): ProcessIdentity;
  identify(pid: number): ProcessIdentity | undefined;
  /** `unknown` when the process lives under another boot or pid namespace, where its number says nothing here. */
  state(identity: ProcessIdentity): 'alive' | 'dead' | 'unknown';
  /** Sends a signal if, and only if, that very process is alive. True when it was sent. */
  signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean;
  /** Starts a program that outlives this process, in its own session. */
  startDetached(options: DetachedOptions): Promise<ProcessIdentity>;
}

export function createProcesses(): Processes {
  return { self: () => requireIdentity(process.pid), identify, state, signal, startDetached };
}

function identify(pid: number): ProcessIdentity | undefined {
  const startTicks = readStartTicks(pid);
  return startTicks === undefined ? undefined : { pid, startTicks, boot: bootId(), namespace: pidNamespace() };
}

function requireIdentity(pid: number): ProcessIdentity {
  const identity = identify(pid);
  if (!identity) throw new Error(`Process ${pid} is gone`);
  return identity;
}

function state(identity: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  // Another boot of the same machine ended every process; another machine or container is not ours to judge.
  if (identity.namespace !== pidNamespace()) return 'unknown';
  if (identity.boot !== bootId()) return 'dead';
  return readStartTicks(identity.pid) === identity.startTicks ? 'alive' : 'dead';
}

function signal(identity: ProcessIdentity, name: NodeJS.Signals): boolean {
  if (state(identity) !== 'alive') return false;
  try {
    process.kill(identity.pid, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function startDetached(options: DetachedOptions): Promise<ProcessIdentity> {
  const [program, ...args] = options.argv;
  if (program === undefined) throw new Error('An argv needs a program');
  const log = await open(options.logFile, 'a', 0o600);
  try {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.environment,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    child.unref();
    return requireIdentity(child.pid ?? -1);
  } finally {
    await log.close();
  }
}

/** A zombie has ended, though its number is still taken. */
function readStartTicks(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold anything; fields are counted behind it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid');
}
