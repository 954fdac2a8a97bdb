/**
 * Knows whether a migration is safe before it ships: rules on its text, measurement on a scratch database, and a proof that the statements
 * of the running version still work. It applies nothing to a database that is in use, and does not decide what an upgrade does.
 */

export { writeReleasedList } from './discipline/released-list.ts';
export { applyEdits } from './edit.ts';
export type { LintFinding } from './finding.ts';
export type { MigrateEngine } from './invariants/create-migration-runs.ts';
export { type LintOptions, type LintResult, runLint } from './lint.ts';
export { fillTables } from './measure/fill/fill-tables.ts';
export { judgeProof } from './proof/judge-proof.ts';
export { type ProveSchemasOptions, proveSchemas, type SchemasProof } from './proof/prove-schemas.ts';
export { type ProofOptions, proveStatements } from './proof/prove-statements.ts';
export { type ProofReport, type ProvenStatement, shareOf, type Verdict } from './proof/report.ts';
export { applySchema } from './proof/schema/apply-schema.ts';
export {
  observeCounters,
  recordSince,
  type StatementCounters,
  type StatementsSince,
} from './record/record-since.ts';
export { type RecordOptions, recordStatements } from './record/record-statements.ts';
export { saveStatements } from './record/save-statements.ts';
export type { RecordedStatement, StatementsFile } from './record/statements-file.ts';
export type { LintReport } from './report.ts';
export { describeRules, type RuleDescription } from './rules/index.ts';
export { openScratch, type Scratch, type ScratchDatabase } from './scratch/scratch.ts';
export { SERVER_VERSIONS, type ServerVersion } from './server-version.ts';
