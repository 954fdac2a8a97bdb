/** A type as `format_type` writes it, taken apart. */
export interface TypeText {
  /** Without length or precision: `character varying`, `timestamp without time zone`, `interval day to second`. */
  readonly base: string;
  readonly modifiers: readonly number[];
  readonly isArray: boolean;
}

/** Types of time with the highest precision of six digits are the same as without one. */
const FULL_PRECISION = 6;

export function parseTypeText(text: string): TypeText {
  const isArray = text.endsWith('[]');
  const plain = isArray ? text.slice(0, -2) : text;
  const match = /^([^(]*)\(([\d,\s-]+)\)(.*)$/.exec(plain);
  if (!match) return { base: plain, modifiers: [], isArray };
  const [, before = '', list = '', after = ''] = match;
  return { base: `${before.trimEnd()}${after}`, modifiers: list.split(',').map(Number), isArray };
}

/**
 * Names a change of type so that all changes of one name are alike: `character varying(n) -> character varying(n+)`,
 * `numeric(p,s) -> numeric(p+,s=)`, `text -> bytea`. Behind the arrow `=`, `+` and `-` say how a number compares with the one before;
 * `max` is the precision that means none.
 */
export function pairKey(from: string, to: string): string {
  const a = parseTypeText(from);
  const b = parseTypeText(to);
  if (from === to) return `${describe(a, [])} same`;
  return `${describe(a, [])} -> ${describe(b, a.modifiers)}`;
}

function describe({ base, modifiers, isArray }: TypeText, before: readonly number[]): string {
  const isTimed = /^(time|timestamp|interval)/.test(base);
  const list = modifiers.map((value, position) => {
    if (isTimed && value === FULL_PRECISION) return 'max';
    const letter = position === 0 ? 'n' : 's';
    const old = before[position];
    if (old === undefined) return letter;
    return `${letter}${value === old ? '=' : value > old ? '+' : '-'}`;
  });
  return `${base}${list.length === 0 ? '' : `(${list.join(',')})`}${isArray ? '[]' : ''}`;
}
