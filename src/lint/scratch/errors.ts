import { ExitCode, OnwardError } from '../../model/index.ts';
import type { ConnectionTarget } from '../../system/index.ts';

/** Why databases for trying things out are not made on a server that was named. */
export interface Refusal {
  /** What is so, as the end of a sentence, without a full stop. */
  readonly reason: string;
  readonly hint: string;
}

export function refusedServer(target: ConnectionTarget, refusal: Refusal): OnwardError {
  return new OnwardError({
    code: 'lint.refused-server',
    message: `Could not use ${describeTarget(target)} as a scratch server: ${refusal.reason}.`,
    hint: refusal.hint,
    state: 'unchanged',
    exit: ExitCode.findings,
  });
}

export function otherVersion(target: ConnectionTarget, wanted: number, found: number): OnwardError {
  return new OnwardError({
    code: 'lint.other-version',
    message: `Could not use ${describeTarget(target)} as a scratch server: it runs Postgres ${found}, and Postgres ${wanted} was asked for.`,
    hint: `Leave out --server, or name a scratch server of Postgres ${wanted}.`,
    state: 'unchanged',
    exit: ExitCode.usage,
  });
}

export function notDropped(names: readonly string[], cause: unknown): OnwardError {
  return new OnwardError({
    code: 'lint.not-dropped',
    message: `Could not drop the scratch ${names.length === 1 ? 'database' : 'databases'} ${names.join(', ')}: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: `Run on that server: ${names.map((name) => `drop database if exists ${name} with (force);`).join(' ')}`,
    state: 'needs-operator',
    exit: ExitCode.needsOperator,
    cause,
  });
}

export function scratchLost(cause: unknown): OnwardError {
  return new OnwardError({
    code: 'lint.scratch-lost',
    message: `Could not go on measuring: the connection to the scratch server is gone (${cause instanceof Error ? cause.message : String(cause)}).`,
    hint: 'Run the same command again; if it happens again, look for a file that brings the server down.',
    state: 'unchanged',
    exit: ExitCode.findings,
    cause,
  });
}

function describeTarget({ host, port, database }: ConnectionTarget): string {
  return `database ${database} on ${host}:${port}`;
}
