import type { Rule } from '../rule.ts';

/** What is allowed and regretted later. */
export const STYLE_RULES: readonly Rule[] = [];
