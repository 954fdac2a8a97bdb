import type { SqlStatement } from '../../system/index.ts';

/** Levels of a syntax tree that every reader of trees can follow; a hundred strings joined by `||` make three hundred. */
const MOST_LEVELS = 1000;
/** No shorter text makes that many. */
const FEWEST_CHARACTERS = 500;

/** Whether a statement was parsed, but is nested so deeply that whoever walks its tree may run out of stack. */
export function isTooDeep({ text, node }: SqlStatement): boolean {
  if (text.length < FEWEST_CHARACTERS) return false;
  const waiting: { readonly part: object; readonly level: number }[] = [{ part: node, level: 1 }];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    if (next.level > MOST_LEVELS) return true;
    for (const part of Object.values(next.part) as readonly unknown[]) {
      if (typeof part === 'object' && part !== null) waiting.push({ part, level: next.level + 1 });
    }
  }
  return false;
}
