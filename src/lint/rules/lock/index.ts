import type { Rule } from '../rule.ts';
import { createIndex } from './create-index.ts';

/** What makes readers or writers wait: locks, rewrites and scans. */
export const LOCK_RULES: readonly Rule[] = [createIndex];
