/**
 * Data migrations: moves the rows of a table from their old shape to the new one, in batches by key range, each with its counters and its
 * cursor in one transaction, and says when nothing is left. It applies no schema change (migrate), takes no lease (upgrade) and decides
 * nothing about when an upgrade needs it.
 */
export { type DualWriteRecord, loadDualWrites, loadSearchPath } from './dual-write/ledger.ts';
export { assertDualWrite, type DualWriteState, observeDualWrite } from './dual-write/observe.ts';
export { planDualWrite, planDualWriteRemoval } from './dual-write/plan.ts';
export { type DualWriting, isDualWriting, renderDualWrite } from './dual-write/render.ts';
export { judgeDeclarationText } from './judge/judge-text.ts';
export type { DeclarationJudgement } from './judge/judgement.ts';
export { tryDeclaration } from './judge/try-declaration.ts';
export { type DataMigrationProgress, type DataMigrationStatus, observeDataMigration } from './observe.ts';
export { renderVerification } from './render-sql.ts';
export { type DataMigrationOutcome, type RunDataMigrationOptions, runDataMigration } from './run-data-migration.ts';
export { type DryRun, sampleDataMigration, type Trial } from './sample.ts';
export type { ScopeChoice } from './scope/part.ts';
export { observeParts, type PartsStatus } from './scope/state.ts';
export { noAnswer } from './service/errors.ts';
export { observeServiceMigration } from './service/observe-service-migration.ts';
export { askSample, askVerification, askWish, type ServiceQuestions } from './service/questions.ts';
export { runServiceMigration } from './service/run-service-migration.ts';
export type { ServiceProgram } from './service/service-program.ts';
export { withSession } from './sessions.ts';
export { createRateLimit, type RateLimit } from './throttle/rate-limit.ts';
export { verifyDataMigration } from './verify.ts';
export { requestWish, type Wish } from './wish.ts';
