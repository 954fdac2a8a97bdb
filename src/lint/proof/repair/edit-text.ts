import type { SqlToken } from '../../../system/index.ts';

export interface Edit {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly text: string;
}

/** The text with all edits made; they must not overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const fromTheEnd = [...edits].sort((a, b) => b.startOffset - a.startOffset || b.endOffset - a.endOffset);
  return fromTheEnd.reduce(
    (edited, edit) => edited.slice(0, edit.startOffset) + edit.text + edited.slice(edit.endOffset),
    text,
  );
}

export function isParameter(token: SqlToken | undefined): token is SqlToken {
  return token !== undefined && /^\$\d+$/.test(token.text);
}

/** Numbers the parameters anew, from 1 without gaps: the server cannot tell the type of one that stands nowhere. */
export function closeGaps(text: string, tokens: readonly SqlToken[]): string {
  const parameters = tokens.filter(isParameter);
  const numbers = [...new Set(parameters.map((token) => Number(token.text.slice(1))))].sort((a, b) => a - b);
  return applyEdits(
    text,
    parameters.map((token) => ({ ...token, text: `$${numbers.indexOf(Number(token.text.slice(1))) + 1}` })),
  );
}
