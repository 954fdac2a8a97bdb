import type { ExitCode } from '../model/index.ts';
import type { System } from '../system/index.ts';
import type { Programs } from '../upgrade/index.ts';

/** What a command has at hand. stdout is data, stderr is everything else. */
export interface CommandContext {
  readonly system: System;
  readonly programs: Programs;
  /** Writes data, as it is. */
  readonly print: (text: string) => void;
  /** Writes words for a person, one line or more. */
  readonly say: (text: string) => void;
  /** Asks a yes-or-no question; `undefined` when nobody can be asked (no terminal). */
  readonly ask: (question: string) => Promise<boolean | undefined>;
  /** Aborted by the first Ctrl-C. */
  readonly interrupt: AbortSignal;
  /** True when stderr is a terminal: live progress instead of plain lines. */
  readonly isTerminal: boolean;
  /** True when stdout is a terminal, and NO_COLOR does not speak against colours. */
  readonly isColoured: boolean;
}

/** Carries a command out and gives the process's exit code. */
export type CommandAction = (context: CommandContext) => Promise<ExitCode>;

/** Runs the action that a command has chosen, with errors caught and rendered in one place. */
export type RunAction = (action: CommandAction) => Promise<void>;
