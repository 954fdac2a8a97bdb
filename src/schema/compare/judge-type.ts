import { breaks, type Verdict, visible } from '../change.ts';
import type { Column } from '../schema.ts';

/** Text without a length: whatever the old type held, reads and compares the same, and most drivers give the same value. */
const TEXTS = new Set(['pg_catalog.text', 'pg_catalog.varchar']);

/** What another type of a column means for clients. */
export function judgeRetype(
  before: Pick<Column, 'type' | 'wireType'>,
  after: Pick<Column, 'type' | 'wireType'>,
): Verdict {
  if (TEXTS.has(before.wireType) && TEXTS.has(after.wireType)) {
    if (limitOf(after.type).length === 0) return visible('C4', 'longer texts may be read than before');
  }
  if (before.wireType !== after.wireType) return breaks('C4', 'clients get and give another type');
  if (baseOf(before.type) !== baseOf(after.type)) return breaks('C4', 'the column takes other values');
  return isWidened(limitOf(before.type), limitOf(after.type), before.wireType)
    ? visible('C4', 'larger values may be read than before')
    : breaks('C4', 'values that fitted are refused or cut');
}

/** `character varying(20)` → `[20]`. */
function limitOf(type: string): readonly number[] {
  const found = /\(([^)]*)\)/.exec(type)?.[1];
  return found === undefined ? [] : found.split(',').map(Number);
}

function baseOf(type: string): string {
  return type.replace(/\s*\([^)]*\)/, '');
}

function isWidened(before: readonly number[], after: readonly number[], type: string): boolean {
  // `bit` and `char` without a limit are of length one, and values of both have exactly their length.
  if (type === 'pg_catalog.bpchar' || type === 'pg_catalog.bit') return false;
  if (after.length === 0) return true;
  if (before.length === 0 || before.some(Number.isNaN) || after.some(Number.isNaN)) return false;
  const [size = 0, scale = 0] = before;
  const [newSize = 0, newScale = 0] = after;
  return newScale >= scale && newSize - newScale >= size - scale;
}
