import type { FileRule } from './file-rule.ts';
import { PLACING_RULES } from './placing.ts';
import { READING_RULES } from './reading.ts';
import { SHIPPING_RULES } from './shipping.ts';
import { SUPPRESSING_RULES } from './suppressing.ts';

/** Every finding that is about a file, the set of files or a suppression; the rules on statements are listed with them. */
export const FILE_RULES: readonly FileRule[] = [
  ...READING_RULES,
  ...PLACING_RULES,
  ...SHIPPING_RULES,
  ...SUPPRESSING_RULES,
];
