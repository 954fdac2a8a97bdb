/** When totals are read: before the first change, after each phase, and when the release as a whole is verified. */
export const TOTAL_MOMENTS = ['before', 'expand', 'roll', 'data', 'postdeploy', 'verify', 'contract'] as const;
export type TotalMoment = (typeof TOTAL_MOMENTS)[number];

/** What must be so of every figure of a total. */
export type TotalRule =
  /** As before. */
  | { readonly kind: 'exact' }
  /** As before, or more; other rows may appear. */
  | { readonly kind: 'not-less' }
  /** No further from before than this number, in the figure's own unit. */
  | { readonly kind: 'within'; readonly amount: string }
  /** No further from before than this part of it, in percent. */
  | { readonly kind: 'within-percent'; readonly percent: string }
  /** This value, at every moment. */
  | { readonly kind: 'equals'; readonly value: string };

/** Figures that a query reads, such as sums and counts, and how an upgrade must leave them. */
export interface Total {
  /** Unique in the release. */
  readonly name: string;
  readonly database: string;
  /** Which query reads it from which moment on, in the order of the moments; the first one from `before`. */
  readonly queries: readonly { readonly from: TotalMoment; readonly query: string }[];
  /** The column that tells the rows from each other. Without it there is one row. */
  readonly by?: string;
  readonly rule: TotalRule;
  /** The moments at which it must hold. */
  readonly phases: readonly TotalMoment[];
  /** Of one reading. */
  readonly timeoutMs: number;
  /** `product`: every release keeps it. `release`: only the upgrade to the release that declares it. */
  readonly declaredBy: 'product' | 'release';
}

/** The query that reads a total at this moment; the shape of the rows may have changed on the way. */
export function chooseTotalQuery(total: Total, moment: TotalMoment): string {
  const chosen = total.queries.findLast(({ from }) => orderOf(from) <= orderOf(moment));
  return chosen?.query ?? '';
}

/** Whether a total is read at this moment: where it must hold, and, when it is compared with before, also before. */
export function isReadAt(total: Total, moment: TotalMoment): boolean {
  return total.phases.includes(moment) || (moment === 'before' && total.rule.kind !== 'equals');
}

/**
 * The totals of a path that jumps over releases, given in the order of their versions, the target last: those of the target, and what each
 * release on the way must keep by itself. One that several declare is read as the first of them says before anything has changed, and as
 * the later ones say from where their own shapes are there; the last one's rule holds.
 */
export function mergeTotals(releases: readonly { readonly totals?: readonly Total[] }[]): readonly Total[] {
  const target = releases.at(-1);
  const merged = new Map<string, Total>();
  for (const release of releases) {
    for (const total of release.totals ?? []) {
      const earlier = merged.get(total.name);
      merged.set(total.name, earlier ? { ...total, queries: joinQueries(earlier.queries, total.queries) } : total);
    }
  }
  const isKept = ({ name, declaredBy }: Total) =>
    declaredBy === 'release' || target?.totals?.some((total) => total.name === name) === true;
  return [...merged.values()].filter(isKept);
}

function joinQueries(earlier: Total['queries'], later: Total['queries']): Total['queries'] {
  const moved = later.filter(({ from }) => from !== 'before');
  const until = moved[0] ? orderOf(moved[0].from) : Number.POSITIVE_INFINITY;
  return [...earlier.filter(({ from }) => orderOf(from) < until), ...moved];
}

function orderOf(moment: TotalMoment): number {
  return TOTAL_MOMENTS.indexOf(moment);
}
