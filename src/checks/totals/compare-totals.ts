import {
  assertNever,
  compareDecimals,
  type Decimal,
  type Finding,
  magnitudeOf,
  multiplyDecimals,
  parseDecimal,
  subtractDecimals,
  type Total,
  type TotalRule,
} from '../../model/index.ts';
import type { TotalObservation } from './observe-totals.ts';

/** Differences that are told of one total; the others are counted. */
const SHOWN = 5;
const HUNDRED: Decimal = { digits: 100n, scale: 0 };

/** One figure: a column of the only row, or of the row with this key. */
interface Figure {
  readonly label: string;
  readonly kind: 'number' | 'text';
  readonly value: string | null;
}

/**
 * What already speaks against a comparison with `before`: a total that could not be read, a figure that its rule cannot compare, a value
 * that is not the one it must be.
 */
export function checkTotalsBefore(totals: readonly Total[], before: readonly TotalObservation[]): readonly Finding[] {
  return totals.flatMap((total) => {
    const seen = before.find(({ name }) => name === total.name);
    if (!seen) return [finding('unread', total, ['it was not read'])];
    if (seen.problem !== undefined) return [finding('unread', total, [seen.problem])];
    const figures = [...listFigures(total, seen).values()];
    const { rule } = total;
    const differences = figures.flatMap((figure) => {
      if (rule.kind === 'equals') return compareValue(figure, rule.value);
      return rule.kind === 'exact' || numberOf(figure) ? [] : [`${describe(figure)}, which is no number`];
    });
    return differences.length === 0 ? [] : [finding(rule.kind === 'equals' ? 'differs' : 'unread', total, differences)];
  });
}

/**
 * The totals that are not what they must be now. What was not read, now or before, is a finding too; so a further total, or a further
 * figure, never takes a finding away.
 */
export function compareTotals(
  totals: readonly Total[],
  { before, now }: { readonly before: readonly TotalObservation[]; readonly now: readonly TotalObservation[] },
): readonly Finding[] {
  return totals.flatMap((total) => {
    const seen = now.find(({ name }) => name === total.name);
    if (!seen) return [finding('unread', total, ['it was not read'])];
    if (seen.problem !== undefined) return [finding('unread', total, [seen.problem])];
    const figures = listFigures(total, seen);
    const { rule } = total;
    if (rule.kind === 'equals')
      return differing(
        total,
        [...figures.values()].flatMap((it) => compareValue(it, rule.value)),
      );
    const earlier = before.find(({ name }) => name === total.name);
    if (!earlier || earlier.problem !== undefined)
      return [finding('unread', total, ['it is compared with what was before, and that is not known'])];
    return differing(total, compareFigures(rule, { was: listFigures(total, earlier), is: figures }));
  });
}

type Relative = Exclude<TotalRule, { readonly kind: 'equals' }>;
type Figures = ReadonlyMap<string, Figure>;

function compareFigures(
  rule: Relative,
  { was, is }: { readonly was: Figures; readonly is: Figures },
): readonly string[] {
  const gone = [...was].flatMap(([id, figure]) => (is.has(id) ? [] : [`${describe(figure, 'was')} and is gone`]));
  const others = [...is].flatMap(([id, figure]) => {
    const earlier = was.get(id);
    if (earlier) return compareFigure(rule, earlier, figure);
    return rule.kind === 'not-less' ? [] : [`${describe(figure)} and was not there`];
  });
  return [...gone, ...others];
}

function compareFigure(rule: Relative, was: Figure, is: Figure): readonly string[] {
  const change = `${describe(was, 'was')} and is ${show(is.value)}`;
  if (rule.kind === 'exact') return isEqual(was, is) ? [] : [change];
  const [earlier, later] = [numberOf(was), numberOf(is)];
  if (!earlier || !later) return [`${change}: only numbers can be compared so`];
  switch (rule.kind) {
    case 'not-less':
      return compareDecimals(later, earlier) >= 0 ? [] : [`${change}: it must not be less`];
    case 'within':
      return isWithin(subtractDecimals(later, earlier), parseDecimal(rule.amount))
        ? []
        : [`${change}: ${rule.amount} is as far as it may move`];
    case 'within-percent': {
      const moved = multiplyDecimals(subtractDecimals(later, earlier), HUNDRED);
      const percent = parseDecimal(rule.percent);
      const limit = percent && multiplyDecimals(magnitudeOf(earlier), percent);
      return isWithin(moved, limit) ? [] : [`${change}: ${rule.percent} % is as far as it may move`];
    }
    default:
      return assertNever(rule);
  }
}

function isWithin(moved: Decimal, limit: Decimal | undefined): boolean {
  return limit !== undefined && compareDecimals(magnitudeOf(moved), limit) <= 0;
}

function compareValue(figure: Figure, value: string): readonly string[] {
  return isEqual(figure, { ...figure, value }) ? [] : [`${describe(figure)}, and must be ${value}`];
}

/** Numbers by what they are worth (`1.50` is `1.5`), anything else by its text. */
function isEqual(one: Figure, other: Figure): boolean {
  const [first, second] = [numberOf(one), numberOf(other)];
  if (first && second) return compareDecimals(first, second) === 0;
  return one.kind === other.kind && one.value === other.value;
}

function numberOf({ kind, value }: Figure): Decimal | undefined {
  return kind === 'number' && value !== null ? parseDecimal(value) : undefined;
}

function listFigures({ by }: Total, { columns, rows }: TotalObservation): Figures {
  const key = columns.findIndex(({ name }) => name === by);
  const figures = new Map<string, Figure>();
  for (const row of rows) {
    for (const [index, { name, kind }] of columns.entries()) {
      if (index === key) continue;
      const value = row[index] ?? null;
      const label = key < 0 ? name : `${name} of ${show(row[key] ?? null)}`;
      figures.set(JSON.stringify([key < 0 ? null : (row[key] ?? null), name]), { label, kind, value });
    }
  }
  return figures;
}

function describe({ label, value }: Figure, verb: 'is' | 'was' = 'is'): string {
  return `${label} ${verb} ${show(value)}`;
}

function show(value: string | null): string {
  return value ?? 'null';
}

function differing(total: Total, differences: readonly string[]): readonly Finding[] {
  return differences.length === 0 ? [] : [finding('differs', total, differences)];
}

function finding(what: 'unread' | 'differs', total: Total, differences: readonly string[]): Finding {
  const more = differences.length > SHOWN ? [`and ${differences.length - SHOWN} more`] : [];
  const code = what === 'unread' ? 'checks.total-unread' : 'checks.total-differs';
  return { code, severity: 'error', message: `${total.name}: ${[...differences.slice(0, SHOWN), ...more].join('; ')}` };
}
