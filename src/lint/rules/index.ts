import { CONTRACT_RULES } from './contract/index.ts';
import { DISCIPLINE_RULES } from './discipline/index.ts';
import { LOCK_RULES } from './lock/index.ts';
import { OTHER_RULES } from './other-rules.ts';
import type { Rule } from './rule.ts';
import { STYLE_RULES } from './style/index.ts';

/** Every rule on a statement's text, in the order in which the docs list them. */
export const RULES: readonly Rule[] = [...CONTRACT_RULES, ...LOCK_RULES, ...DISCIPLINE_RULES, ...STYLE_RULES];

/** The name of everything that a lint may find. */
export const RULE_IDS: ReadonlySet<string> = new Set([...RULES, ...OTHER_RULES].map(({ id }) => id));

/** What the docs and code scanners are told of a rule. */
export type RuleDescription = Pick<Rule, 'id' | 'hazards' | 'class' | 'severity' | 'title' | 'why' | 'help'>;

export function describeRules(): readonly RuleDescription[] {
  return [...RULES, ...OTHER_RULES];
}
