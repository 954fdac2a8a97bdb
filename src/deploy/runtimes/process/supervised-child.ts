import type { GatedProcess, ProcessExit, ProcessIdentity, System } from '../../../system/index.ts';

const POLL_MS = 100;
const OUTPUT_LIMIT_MS = 1_000;

/** A process that a supervisor watches. */
export interface SupervisedChild {
  readonly identity: ProcessIdentity;
  /** Resolves with how it ended; with neither code nor signal when nobody can tell. */
  readonly ended: Promise<ProcessExit>;
  /** Resolves when all it wrote is in the log; a process that left its session may keep the log open, so the wait has a limit. */
  waitForOutput(): Promise<void>;
}

export function watchOwnChild(system: System, child: GatedProcess): SupervisedChild {
  return {
    identity: child.identity,
    ended: child.ended,
    async waitForOutput() {
      const limit = new AbortController();
      await Promise.race([child.outputEnded, system.clock.sleep(OUTPUT_LIMIT_MS, limit.signal).catch(() => {})]);
      limit.abort(new Error('the output ended'));
    },
  };
}

/** Watches the process of an earlier supervisor. It is no child of this one, so its exit code is not to be had. */
export function adoptChild(system: System, identity: ProcessIdentity): SupervisedChild {
  const poll = async (): Promise<ProcessExit> => {
    while (system.processes.state(identity) === 'alive') await system.clock.sleep(POLL_MS);
    return { code: null, signal: null };
  };
  return { identity, ended: poll(), waitForOutput: async () => {} };
}
