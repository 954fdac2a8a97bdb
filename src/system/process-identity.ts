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
