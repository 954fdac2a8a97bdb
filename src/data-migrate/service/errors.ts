import { ExitCode, OnwardError } from '../../model/index.ts';
import { type ProgramEnd, type ServiceProgram, UNKNOWN_ID } from './service-program.ts';

/** What was asked of which program. */
export interface Asked {
  readonly program: Pick<ServiceProgram, 'service' | 'command'>;
  readonly id: string;
  /** The arguments behind its command. */
  readonly args: readonly string[];
}

/** The program gave no answer, for whatever reason; that counts as not complete. */
export type NoAnswer =
  | { readonly kind: 'ended'; readonly end: ProgramEnd }
  | { readonly kind: 'unreadable'; readonly why: string; readonly end?: ProgramEnd }
  | { readonly kind: 'silent'; readonly limitMs: number }
  | { readonly kind: 'stalled'; readonly limitMs: number }
  | { readonly kind: 'missing'; readonly why: string };

export function noAnswer(asked: Asked, reason: NoAnswer): OnwardError {
  const { program, id } = asked;
  const { code, what, hint } = describe(asked, reason);
  const said = 'end' in reason ? reason.end?.said : undefined;
  return new OnwardError({
    code,
    message: `Could not ask service ${program.service} about data migration ${id}: ${what}. It counts as not complete; every batch before is kept.`,
    hint,
    state: 'resumable',
    exit: ExitCode.needsOperator,
    ...(said ? { detail: [`"${program.command} ${asked.args.join(' ')}" said:`, indent(said)].join('\n') } : {}),
  });
}

function describe(
  { program, id, args }: Asked,
  reason: NoAnswer,
): { readonly code: string; readonly what: string; readonly hint: string } {
  const line = `"${program.command} ${args.join(' ')}"`;
  const again = `Mend service ${program.service}, then run "onward data-migrate run ${id}": it goes on where it was.`;
  switch (reason.kind) {
    case 'ended':
      if (reason.end.code === UNKNOWN_ID)
        return {
          code: 'data-migrate.program-unknown-id',
          what: `${line} does not know this data migration`,
          hint: `Ask the vendor for a release whose service ${program.service} has data migration ${id}.`,
        };
      return {
        code: 'data-migrate.program-failed',
        what: `${line} ended with ${reason.end.signal ?? `exit code ${reason.end.code}`}`,
        hint: again,
      };
    case 'unreadable':
      return { code: 'data-migrate.program-unreadable', what: `the answer to ${line} ${reason.why}`, hint: again };
    case 'silent':
      return {
        code: 'data-migrate.program-silent',
        what: `${line} did not answer within ${reason.limitMs / 1_000} s`,
        hint: again,
      };
    case 'stalled':
      return {
        code: 'data-migrate.program-stalled',
        what: `${line} was ended, because it showed no progress for ${reason.limitMs / 1_000} s`,
        hint: `Find out what it waits for, then run "onward data-migrate run ${id}": it goes on where it was.`,
      };
    default:
      return {
        code: 'data-migrate.no-program',
        what: reason.why,
        hint: `Ask the vendor for a release whose service ${program.service} has a command for data migrations.`,
      };
  }
}

/** The program itself says that its run has failed. */
export function runFailed({ program, id }: Asked, reason: string | undefined): OnwardError {
  return new OnwardError({
    code: 'data-migrate.service-failed',
    message: `Could not complete data migration ${id}: service ${program.service} says ${reason === undefined ? 'that it failed' : `"${reason}"`}. Every batch before is kept.`,
    hint: `Mend what it names, then run "onward data-migrate run ${id}": it goes on where it was.`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

export function scopesRefused(id: string, reason: string): OnwardError {
  return new OnwardError({
    code: 'data-migrate.scopes-refused',
    message: `Could not list the parts of data migration ${id}: ${reason}. It counts as not complete.`,
    hint: `Ask the vendor for a release that declares its scope right, then run "onward data-migrate run ${id}".`,
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}

function indent(text: string): string {
  return text
    .split('\n')
    .slice(-10)
    .map((line) => `  ${line}`)
    .join('\n');
}
