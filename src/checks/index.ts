/**
 * Smoke checks: looks at what a deployment answers, before and after a change, and says what fails or differs. It changes nothing
 * and does not decide what follows from a failing check.
 */
export type { CheckContext } from './check.ts';
export { type Checker, type CheckObservation, createChecker } from './checker.ts';
export { compareChecks, type ObservedChecks } from './compare-checks.ts';
