import { isVersion } from '../../model/index.ts';

export interface Suppression {
  readonly rule: string;
  /** The release from which on it no longer holds, without a leading `v`. */
  readonly until: string;
  readonly reason: string;
}

export type SuppressionProblem =
  | { readonly problem: 'malformed'; readonly why: string }
  | { readonly problem: 'reasonless'; readonly rule: string };

const EXACT = /^-- onward:allow ([a-z0-9-]+) until (\S+?)(?::\s*(.*?))?\s*$/;
const FEWEST_WORDS = 3;

/** `-- onward:allow <rule> until <release>: <reason>`, exactly. */
export function parseSuppression(comment: string): Suppression | SuppressionProblem {
  const [, rule, written, reason = ''] = EXACT.exec(comment.replace(/\r$/, '')) ?? [];
  if (rule === undefined || written === undefined) {
    const why = comment.startsWith('/*') ? 'it is no line comment' : 'it is not written as it has to be';
    return { problem: 'malformed', why };
  }
  const until = written.replace(/^v/, '');
  if (!isVersion(until)) return { problem: 'malformed', why: `${written} is no release` };
  const words = reason.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  return words.length < FEWEST_WORDS ? { problem: 'reasonless', rule } : { rule, until, reason };
}
