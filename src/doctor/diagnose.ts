import type { Facts, Finding } from '../model/index.ts';
import { RULES } from './rules.ts';

/** Everything that is wrong, rule by rule. Empty: ledger, instances and switch are what the recorded release says. */
export function diagnose(facts: Facts): readonly Finding[] {
  return [...RULES.flatMap((rule) => rule.check(facts)), ...facts.remarks];
}
