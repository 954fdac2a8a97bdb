/** The program of a service that speaks the data-migrations protocol, wherever it runs. */
export interface ServiceProgram {
  readonly service: string;
  /** Its command, as the release declares it; for people. */
  readonly command: string;
  /** From being asked to end until it is killed. */
  readonly graceMs: number;
  /** Runs it with these arguments behind its command. Resolves when nothing of it is left. */
  run(args: readonly string[], options: ProgramOptions): Promise<ProgramEnd>;
}

export interface ProgramOptions {
  readonly environment: { readonly [name: string]: string };
  /** What only one program at a time may do; what does it already is ended first. */
  readonly slot?: { readonly name: string; readonly epoch: number };
  readonly onOutput: (chunk: Buffer) => void;
  /** Asks it to end, and ends it after its grace period. */
  readonly signal: AbortSignal;
}

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last of what it wrote to standard error; holds no secret. */
  readonly said: string;
}

/** The exit code with which a program says that it has no data migration of that id. */
export const UNKNOWN_ID = 3;
