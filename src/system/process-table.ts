import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** One line of the process table, as `/proc/<pid>/stat` has it. */
export interface ProcessEntry {
  readonly pid: number;
  /**
   * A zombie has ended, though its number is still taken; but not while another thread of it lives, which keeps its sockets and files
   * open for a moment longer.
   */
  readonly hasEnded: boolean;
  readonly session: number;
  /** Clock ticks from boot to the process's start. */
  readonly startTicks: string;
}

/** `undefined` when no process has this number. */
export function readProcess(pid: number): ProcessEntry | undefined {
  const text = readProc(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The second field is the program's name in parentheses and may hold anything; fields are counted behind it.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const threads = Number(fields[17]);
  return {
    pid,
    hasEnded: fields[0] === 'X' || (fields[0] === 'Z' && threads <= 1),
    session: Number(fields[3]),
    startTicks: fields[19] ?? '',
  };
}

/** The processes of a session that have not ended. */
export function listSession(session: number): readonly ProcessEntry[] {
  const entries: ProcessEntry[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const entry = readProcess(Number(name));
    if (entry && !entry.hasEnded && entry.session === session) entries.push(entry);
  }
  return entries;
}

/** The argv of a process; empty when it is gone or has ended. */
export function readArgv(pid: number): readonly string[] {
  return (readProc(`/proc/${pid}/cmdline`) ?? '').split('\0').slice(0, -1);
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

export function pidNamespace(): string {
  return readlinkSync('/proc/self/ns/pid');
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}
