import { compareFindings, HAZARD_CLASSES, type HazardClass, type LintFinding } from './finding.ts';

/** What a lint has found: the JSON form is this value. `schemas/lint-report.schema.json` describes it. */
export interface LintReport {
  /** By file, line and column. */
  readonly findings: readonly LintFinding[];
  /** Files that were read. */
  readonly files: number;
  readonly summary: LintSummary;
}

export interface LintSummary {
  readonly errors: number;
  readonly warnings: number;
  readonly classes: Readonly<Record<HazardClass, number>>;
  /** Files that have gone out already, and were only looked at for having been changed. */
  readonly shipped: number;
  /** Findings that a comment allows, by rule. */
  readonly suppressed: { readonly [rule: string]: number };
  /** Major version of Postgres that the rules answered for. */
  readonly server: number;
  /** What was done beside the rules on the text. */
  readonly measured: boolean;
  /** `undefined`: no statements were given. */
  readonly proof?: ProofSummary;
}

export interface ProofSummary {
  readonly statements: number;
  readonly same: number;
  readonly breaks: number;
  readonly shapeChanged: number;
  readonly notProvable: number;
  /** Share of the calls whose statement has a verdict, 0 to 1. */
  readonly coverage: number;
}

export function createReport(
  findings: readonly LintFinding[],
  rest: Pick<LintReport, 'files'> & Omit<LintSummary, 'errors' | 'warnings' | 'classes'>,
): LintReport {
  const { files, ...summary } = rest;
  const sorted = [...findings].sort(compareFindings);
  const count = (isCounted: (finding: LintFinding) => boolean) => sorted.filter(isCounted).length;
  const classes = Object.fromEntries(
    HAZARD_CLASSES.map((name) => [name, count((finding) => finding.class === name)]),
  ) as Record<HazardClass, number>;
  const errors = count(({ severity }) => severity === 'error');
  return { findings: sorted, files, summary: { errors, warnings: sorted.length - errors, classes, ...summary } };
}
