import type { MigrationCheck, MigrationCommand } from '../../model/index.ts';
import type { RunContext } from '../run-context.ts';
import type { ReleaseProgram } from './program.ts';
import { startTimeLimit } from './time-limit.ts';

/** What is looked at of a program's answer. */
const ANSWER_BYTES = 1_048_576;

/** What was seen of a command's result. Holds no secret. */
export interface ObservedResult {
  /** False also when it cannot be told. */
  readonly holds: boolean;
  /** Half a sentence. */
  readonly evidence: string;
}

/**
 * Looks whether the result of a migration command is there, within the limit of its check. What cannot be looked at does not hold. Throws when
 * the program of the check cannot be started, or the lease is lost.
 */
export async function observeResult(
  context: RunContext,
  declared: MigrationCommand,
  program: ReleaseProgram,
): Promise<ObservedResult> {
  const { check, name } = declared;
  switch (check.kind) {
    case 'sql': {
      const { ok, evidence } = await context.installation.checker.observe({ ...check, name, unchanged: false });
      return { holds: ok, evidence };
    }
    case 'command':
      return askProgram(context, check, program);
    case 'exit-code':
      return { holds: false, evidence: 'its exit code alone is believed' };
  }
}

async function askProgram(
  { system, lease }: RunContext,
  { argv, expect, timeoutMs }: Extract<MigrationCheck, { readonly kind: 'command' }>,
  program: ReleaseProgram,
): Promise<ObservedResult> {
  const line = argv.join(' ');
  let answer = Buffer.alloc(0);
  const limit = startTimeLimit(system, timeoutMs);
  const end = await program
    .ask(argv, {
      onOutput: (chunk) => {
        if (answer.length < ANSWER_BYTES) answer = Buffer.concat([answer, chunk]);
      },
      signal: AbortSignal.any([limit.signal, lease.signal]),
    })
    .finally(limit.end);
  lease.signal.throwIfAborted();
  if (limit.signal.aborted) return { holds: false, evidence: `"${line}" gave no answer within ${timeoutMs} ms` };
  const ending = end.code === null ? `was ended by ${end.signal}` : `exits with ${end.code}`;
  if (end.code !== expect.exit)
    return { holds: false, evidence: `"${line}" ${ending}, and ${expect.exit} is expected` };
  const { stdoutIncludes } = expect;
  if (stdoutIncludes !== undefined && !answer.includes(stdoutIncludes))
    return { holds: false, evidence: `"${line}" ${ending} and does not say "${stdoutIncludes}"` };
  return { holds: true, evidence: `"${line}" ${ending}` };
}
