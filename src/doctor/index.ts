/**
 * Compares ledger, instances, switch and runs with the recorded release and says how each difference is repaired. It looks at facts
 * that others observed and changes nothing.
 */

export { diagnose } from './diagnose.ts';
export { type DoctorRule, RULES } from './rules.ts';
