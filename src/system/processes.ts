import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import {
  type GatedOptions,
  type GatedProcess,
  isAtGate,
  type PipedOptions,
  type PipedProcess,
  startGated,
  startPiped,
} from './gated-process.ts';
import type { ProcessIdentity } from './process-identity.ts';
import { bootId, listSession, pidNamespace, readProcess } from './process-table.ts';

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
  /** Starts a process that outlives this one, leads a session of its own, and waits to be let before it runs its program. */
  startGated(options: GatedOptions): Promise<GatedProcess>;
  /** As `startGated`, with its output in pipes to this process. It outlives this process too, and writes to nobody then. */
  startPiped(options: PipedOptions): Promise<PipedProcess>;
  /** True while that process waits at its gate; its program has not run then. */
  isAtGate(identity: ProcessIdentity): boolean;
  /** Whether the process, or one of its descendants that stayed in the session it led, is alive. */
  groupState(leader: ProcessIdentity): 'alive' | 'dead' | 'unknown';
  /** Sends a signal to that process and all of its session. True when one was alive. */
  signalGroup(leader: ProcessIdentity, name: NodeJS.Signals): boolean;
}

export function createProcesses(): Processes {
  return {
    self: () => requireIdentity(process.pid),
    identify,
    state,
    signal,
    startDetached,
    startGated,
    startPiped,
    isAtGate: (identity) => state(identity) === 'alive' && isAtGate(identity.pid),
    groupState,
    signalGroup,
  };
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
  return state(identity) === 'alive' && send(identity.pid, name);
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
  const entry = readProcess(pid);
  return entry?.hasEnded ? undefined : entry?.startTicks;
}

function groupState(leader: ProcessIdentity): 'alive' | 'dead' | 'unknown' {
  if (leader.namespace !== pidNamespace()) return 'unknown';
  return groupMembers(leader).length > 0 ? 'alive' : 'dead';
}

function signalGroup(leader: ProcessIdentity, name: NodeJS.Signals): boolean {
  const members = groupMembers(leader);
  for (const pid of members) send(pid, name);
  return members.length > 0;
}

/**
 * A number is not given again while a session bears it, so when the leader is gone what is left of the session is ours, unless
 * another process has the number by now.
 */
function groupMembers(leader: ProcessIdentity): readonly number[] {
  if (leader.namespace !== pidNamespace() || leader.boot !== bootId()) return [];
  const holder = readProcess(leader.pid);
  if (holder && holder.startTicks !== leader.startTicks) return [];
  return listSession(leader.pid)
    .filter((entry) => BigInt(entry.startTicks) >= BigInt(leader.startTicks))
    .map((entry) => entry.pid);
}

function send(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
