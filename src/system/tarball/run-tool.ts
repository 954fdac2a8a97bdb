import { ExitCode, OnwardError } from '../../model/index.ts';
import type { ExecOptions } from '../exec.ts';
import type { System } from '../system.ts';

const LIMIT_MS = 3_600_000;

/**
 * Runs `tar` or `chmod` of this machine in the locale C. `undefined` when it was done, else what it said. Throws `artifact.no-tar` when there
 * is no such program.
 */
export async function runTool(
  system: System,
  argv: readonly string[],
  options: Pick<ExecOptions, 'onStdout' | 'signal'> = {},
): Promise<string | undefined> {
  const environment = { PATH: system.environment.PATH, LC_ALL: 'C' };
  try {
    const { exitCode, stderr } = await system.exec.run(argv, { ...options, timeoutMs: LIMIT_MS, environment });
    return exitCode === 0
      ? undefined
      : system.redaction.apply(stderr).trim() || `it ended with ${exitCode ?? 'a signal'}`;
  } catch (error) {
    if (options.signal?.aborted) return 'it was ended';
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw noTar(argv[0] ?? '');
    throw error;
  }
}

function noTar(program: string): OnwardError {
  return new OnwardError({
    code: 'artifact.no-tar',
    message: `Could not read a tarball: this machine has no program ${program}.`,
    hint: 'Install GNU tar and gzip, then run the same command again.',
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}
