import type { ExecResult } from '../../../system/index.ts';
import type { ComposeContext } from './compose-context.ts';
import { noProgram } from './errors.ts';

const LIMIT_MS = 120_000;
const OUTPUT_BYTES = 16 * 1024 * 1024;

export interface ComposeCall {
  readonly args: readonly string[];
  /** What is said of its progress is nobody's output. */
  readonly isQuiet?: boolean;
  /** Files in place of those that Compose would find. */
  readonly files?: readonly string[];
}

/**
 * The argv of `docker compose` for the project, with these files. It is called in the operator's folder, and paths in the files are relative to
 * the first of them, as they are for him. Every profile is active: what is acted on is always named, and a service
 * may depend on one of another profile.
 */
export function composeArgv(
  { compose }: Pick<ComposeContext, 'compose'>,
  { args, files = [], isQuiet }: ComposeCall,
): readonly string[] {
  return [
    'docker',
    'compose',
    '--ansi',
    'never',
    ...(isQuiet ? ['--progress', 'quiet'] : []),
    ...(compose.project === undefined ? [] : ['--project-name', compose.project]),
    '--profile',
    '*',
    ...compose.envFiles.flatMap((file) => ['--env-file', file]),
    ...files.flatMap((file) => ['--file', file]),
    ...args,
  ];
}

/** Compose as its operator calls it in that folder, so that what it finds is what he gets. */
export function plainArgv({ compose }: Pick<ComposeContext, 'compose'>, args: readonly string[]): readonly string[] {
  return [
    'docker',
    'compose',
    '--ansi',
    'never',
    ...(compose.project === undefined ? [] : ['--project-name', compose.project]),
    ...compose.profiles.flatMap((profile) => ['--profile', profile]),
    ...compose.envFiles.flatMap((file) => ['--env-file', file]),
    ...args,
  ];
}

/** Runs it to its end; how it ended is the caller's to judge. Throws `compose.no-program` when it cannot be run. */
export async function tryCompose({ system, compose }: ComposeContext, argv: readonly string[]): Promise<ExecResult> {
  const result = await system.exec
    .run(argv, {
      cwd: compose.folder,
      environment: { ...system.environment, COMPOSE_IGNORE_ORPHANS: '1' },
      timeoutMs: LIMIT_MS,
      ownGroup: true,
      keepBytes: OUTPUT_BYTES,
    })
    .catch((error: Error) => {
      throw noProgram(error.message);
    });
  if (
    result.exitCode !== 0 &&
    /'compose' is not a docker command|unknown (shorthand )?flag: '-?-?(ansi|project)/.test(result.stderr)
  )
    throw noProgram('the compose plugin is not there');
  return { ...result, stderr: system.redaction.apply(result.stderr) };
}
