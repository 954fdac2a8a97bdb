import type { Decision } from '../decide/decision.ts';
import { comment } from './yaml-lines.ts';

export const UNKNOWN_MARK = 'onward could not tell:';

/** A decision as the comment above its line: why, and how sure that is. */
export function explain(indent: number, key: string, { certainty, because }: Decision<unknown>): readonly string[] {
  if (certainty === 'unknown') return comment(indent, `${UNKNOWN_MARK} ${key}: ${because}`);
  return comment(indent, `${key}${certainty === 'guessed' ? ' (a guess)' : ''}: ${because}`);
}
