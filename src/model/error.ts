import type { Finding } from './finding.ts';

/** The process exit codes, the same for every command. */
export const ExitCode = {
  done: 0,
  findings: 1,
  usage: 2,
  rolledBack: 3,
  needsOperator: 4,
  paused: 5,
  leaseLost: 6,
  bug: 70,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** What an error leaves behind: nothing changed; a run that the same command continues; or a state that a person must look at. */
export type StateAfterError = 'unchanged' | 'resumable' | 'needs-operator';

export interface OnwardErrorOptions {
  /** Permanent name, `<module>.<what>`, listed in docs/errors.md. */
  readonly code: string;
  /** "Could not <do> <thing>: <what is so now>". Never holds a secret. */
  readonly message: string;
  /** Starts with a verb; the exact next command when it is known. */
  readonly hint: string;
  readonly state: StateAfterError;
  readonly exit: ExitCode;
  /** Every problem found, when the error stands for several (bad files report all of theirs at once). */
  readonly findings?: readonly Finding[];
  /** A code frame or another block of text that is printed as it is. */
  readonly detail?: string;
  readonly cause?: unknown;
}

/** The one error class: thrown when Onward cannot go on, caught once, in the CLI's main. */
export class OnwardError extends Error {
  readonly code: string;
  readonly hint: string;
  readonly state: StateAfterError;
  readonly exit: ExitCode;
  readonly findings: readonly Finding[];
  readonly detail: string | undefined;

  constructor(options: OnwardErrorOptions) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'OnwardError';
    this.code = options.code;
    this.hint = options.hint;
    this.state = options.state;
    this.exit = options.exit;
    this.findings = options.findings ?? [];
    this.detail = options.detail;
  }
}
