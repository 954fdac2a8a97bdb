/** What a hazard is about. `unanalysed`: it could not be told, which is never silence. */
export const HAZARD_CLASSES = ['contract', 'lock', 'rewrite', 'scan', 'discipline', 'style', 'unanalysed'] as const;
export type HazardClass = (typeof HAZARD_CLASSES)[number];

/** Who found it: a rule on the text, a measurement on a scratch database, the query proof, or a declared invariant. */
export type FindingSource = 'static' | 'measured' | 'proof' | 'invariant';

/** One finding, as the JSON form prints it. */
export interface LintFinding {
  /** Permanent name in kebab-case, such as `drop-column`; its page in the docs has the same name. */
  readonly rule: string;
  readonly class: HazardClass;
  readonly severity: 'error' | 'warning';
  readonly source: FindingSource;
  /** The path as it was given, with forward slashes. */
  readonly file: string;
  /** Counts from 1, as `column` does, in characters. */
  readonly line: number;
  readonly column: number;
  /** The statement's text on one line, shortened to 160 characters; empty when it is about the file. */
  readonly statement: string;
  /** What is so, and whom it hurts. One sentence. */
  readonly message: string;
  /** What to do instead. Starts with a verb. */
  readonly help: string;
  /** SQL to stand in the statement's place; `onward lint --fix` writes it. */
  readonly fix?: string;
}

const STATEMENT_LENGTH = 160;

/** A statement for a finding: one line, shortened. */
export function shortenStatement(text: string): string {
  const line = text
    .slice(0, 4 * STATEMENT_LENGTH)
    .replace(/\s+/g, ' ')
    .trim();
  return line.length <= STATEMENT_LENGTH ? line : `${line.slice(0, STATEMENT_LENGTH - 1)}…`;
}

/** By file, line and column, then by rule: the same input gives the same order. */
export function compareFindings(a: LintFinding, b: LintFinding): number {
  const byFile = a.file < b.file ? -1 : a.file > b.file ? 1 : 0;
  return byFile || a.line - b.line || a.column - b.column || (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0);
}
