/** A type as `format_type` writes it, taken apart: `numeric(6,2)` is `numeric` with 6 and 2. */
interface Shape {
  readonly base: string;
  readonly modifiers: readonly number[];
}

/** Types that reach clients as text, whatever their length. */
const TEXTS = ['text', 'character varying'];

/** What clients notice of a column's new type, as the end of a sentence; `undefined`: nothing. */
export function judgeTypeChange(
  before: string | undefined,
  after: string,
  baseOf: (type: string) => string,
): string | undefined {
  if (before === undefined) return `becomes ${after}, and what it was could not be told`;
  const [old, made] = [shapeOf(baseOf(before)), shapeOf(baseOf(after))];
  const isText = TEXTS.includes(old.base) && TEXTS.includes(made.base);
  if (old.base !== made.base && !isText) return `was ${before} and reaches old clients as ${after} from here on`;
  if (fits(old, made)) return undefined;
  return `becomes ${after}, which refuses or changes values that the old version writes as ${before}`;
}

function shapeOf(type: string): Shape {
  const found = /\(([\d,]+)\)/.exec(type);
  const modifiers = (found?.[1] ?? '')
    .split(',')
    .filter((part) => part !== '')
    .map(Number);
  return { base: type.replace(/\([\d,]+\)/, ''), modifiers };
}

/** Whether every value of the one is one of the other, unchanged. */
function fits(old: Shape, made: Shape): boolean {
  if (old.base !== made.base) return made.modifiers.length === 0 || isLonger(old, made);
  if (String(old.modifiers) === String(made.modifiers)) return true;
  // A longer char is filled up with more blanks; bit has one length only.
  if (/^(character|bit)(\[\])?$/.test(made.base)) return false;
  if (made.modifiers.length === 0) return true;
  if (made.base.startsWith('numeric')) return isWiderNumeric(old, made);
  return isLonger(old, made);
}

function isLonger(old: Shape, made: Shape): boolean {
  const [before, after] = [old.modifiers[0], made.modifiers[0]];
  return before !== undefined && after !== undefined && after >= before;
}

/** More digits fit, and none behind the point are added, which old clients would print. */
function isWiderNumeric(old: Shape, made: Shape): boolean {
  const [precision = 0, scale = 0] = old.modifiers;
  const [wider = 0, madeScale = 0] = made.modifiers;
  return old.modifiers.length > 0 && scale === madeScale && wider >= precision;
}
