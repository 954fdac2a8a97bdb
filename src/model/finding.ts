/** A place in a file; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** What a check, a parser or a gate has to say. Findings are collected, never thrown. */
export interface Finding {
  /** Permanent name, `<module>.<what>`. */
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  readonly position?: Position;
  /** Starts with a verb; the exact command that repairs it when it is known. */
  readonly hint?: string;
  /** The lines around the position, with a mark below it; printed as they are. */
  readonly frame?: string;
}

/** One line: `file:line:column: message`. */
export function describeFinding(finding: Finding): string {
  const { position } = finding;
  if (!position) return finding.message;
  const place = [position.file, position.line, position.column].filter((part) => part !== undefined).join(':');
  return `${place}: ${finding.message}`;
}

/** The line of `describeFinding`, and below it what more there is: the place in the file, and how to repair it. */
export function renderFinding(finding: Finding): string {
  const more = [finding.frame, finding.hint].flatMap((text) => text?.split('\n') ?? []);
  return [describeFinding(finding), ...more.map((line) => `    ${line}`)].join('\n');
}
