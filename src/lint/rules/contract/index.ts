import type { Rule } from '../rule.ts';
import { dropColumn } from './drop-column.ts';

/** What breaks the version that still runs. */
export const CONTRACT_RULES: readonly Rule[] = [dropColumn];
