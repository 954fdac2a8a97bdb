/**
 * What stands between the old shape of one database and its removal: what the contract phase takes away, and who still needs it. It looks
 * and compares, and takes privileges for a set time to see who is refused; it applies no migration (migrate), takes no lease, and does not decide
 * whether the evidence is enough (plan).
 */
export type { DoomedObject } from '../model/index.ts';
export { type Baseline, type Counters, findIncomparable, loadBaselines, recordBaseline } from './baseline.ts';
export { checkRoutines, type RoutinesCheck } from './check-routines.ts';
export { loadContracted, renderContracted } from './contracted.ts';
export { type Contraction, type ContractionOptions, findContraction } from './find-contraction.ts';
export { collectWords } from './named-words.ts';
export { observeDependents } from './observe-dependents.ts';
export { observeSessions } from './observe-sessions.ts';
export { type DoomedSize, observeSizes } from './observe-sizes.ts';
export { type EndedQuarantine, endQuarantine } from './quarantine/end-quarantine.ts';
export { observeQuarantine, type Quarantine, type QuarantineEnd } from './quarantine/ledger-row.ts';
export { openQuarantineSession } from './quarantine/quarantine-session.ts';
export type { QuarantineEvidence, QuarantineRequest, RunQuarantineOptions } from './quarantine/request.ts';
export { type QuarantineOutcome, type QuarantineReport, runQuarantine } from './quarantine/run-quarantine.ts';
export type { Layer, Refusal } from './quarantine/watch/evidence.ts';
