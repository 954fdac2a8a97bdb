import type { System } from '../../system/index.ts';

const TIME_LIMIT_MS = 60_000;
const MOST_BYTES = 64 * 1024 * 1024;

export interface Git {
  run(args: readonly string[], input?: string): Promise<{ readonly stdout: string } | { readonly problem: string }>;
  /** Throws a `GitProblem`. */
  demand(args: readonly string[], input?: string): Promise<{ readonly stdout: string }>;
}

/** Its message says what git said; it never leaves this folder. */
export class GitProblem extends Error {}

/** The git that is installed, in a folder. What it says on failure is its first line, without "fatal:". */
export function createGit(system: System, folder: string): Git {
  const run: Git['run'] = async (args, input = '') => {
    const argv = ['git', '-C', folder, '-c', 'core.quotePath=false', ...args];
    try {
      const ran = await system.exec.run(argv, { timeoutMs: TIME_LIMIT_MS, keepBytes: MOST_BYTES, input });
      if (ran.exitCode === 0) return { stdout: ran.stdout };
      if (ran.timedOut) return { problem: `git did not end within ${TIME_LIMIT_MS / 1000} s` };
      const [said = ''] = ran.stderr.trim().split('\n');
      return { problem: `git says "${said.replace(/^fatal: /, '')}"` };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { problem: 'git is not installed here' };
      throw error;
    }
  };
  return {
    run,
    async demand(args, input) {
      const ran = await run(args, input);
      if ('stdout' in ran) return ran;
      throw new GitProblem(ran.problem);
    },
  };
}
