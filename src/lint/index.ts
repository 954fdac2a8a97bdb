/**
 * Knows whether a migration is safe before it ships: rules on its text, measurement on a scratch database, and a proof that the statements
 * of the running version still work. It applies nothing to a database that is in use, and does not decide what an upgrade does.
 */
export { SERVERS, type Server } from './check-statements.ts';
export { applyEdits } from './edit.ts';
export type { LintFinding } from './finding.ts';
export { type LintOptions, type LintResult, runLint } from './lint.ts';
export type { LintReport } from './report.ts';
export { describeRules, type RuleDescription } from './rules/index.ts';
