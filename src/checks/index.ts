/**
 * Smoke checks and totals: looks at what a deployment answers and what its databases hold, before and after a change, and says what fails
 * or differs. It changes nothing and does not decide what follows from a failing check.
 */
export type { CheckContext } from './check.ts';
export { type Checker, type CheckObservation, createChecker } from './checker.ts';
export { compareChecks, type ObservedChecks } from './compare-checks.ts';
export { checkTotalsBefore, compareTotals } from './totals/compare-totals.ts';
export { observeTotals, type TotalObservation } from './totals/observe-totals.ts';
