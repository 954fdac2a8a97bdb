import { z } from 'zod';
import { parseDuration, TOTAL_MOMENTS, type Total, type TotalMoment, type TotalRule } from '../model/index.ts';

const DEFAULT_LIMIT = '30s';
/** Longer values are kept as their hash, which no declared value equals. */
const LONGEST_VALUE = 64;

const sqlText = z.string().refine((text) => text.trim() !== '', { error: 'must be a query' });
const moment = z.enum(TOTAL_MOMENTS, { error: `must be one of ${TOTAL_MOMENTS.join(', ')}` });
const limit = z
  .string()
  .refine((text) => (parseDuration(text) ?? 0) >= 1, { error: 'must be a duration, such as 30s' });

const comparison = z.union(
  [
    z.enum(['exact', 'not-less']),
    z.strictObject({ within: z.union([z.number().positive(), z.string().regex(/^\d{1,9}(\.\d{1,9})?%$/)]) }),
  ],
  { error: 'must be exact, not-less, { within: 100 } or { within: 0.5% }' },
);

/** A total as the vendor declares it, in product.yaml or in the file of a release. */
export const totalShape = z
  .strictObject({
    name: z.string().min(1).max(80),
    database: z.string().min(1),
    query: sqlText.meta({ description: 'One SELECT that gives one row of figures.' }),
    moved: z
      .strictObject({
        after: z.enum(['expand', 'roll', 'data', 'postdeploy'], {
          error: 'must be one of expand, roll, data and postdeploy',
        }),
        query: sqlText,
      })
      .exactOptional()
      .meta({ description: 'Reads the same figures in their new shape, once this phase is done.' }),
    by: z
      .string()
      .min(1)
      .exactOptional()
      .meta({ description: 'The column whose values tell the rows from each other.' }),
    compare: comparison.exactOptional().meta({ description: 'How the figures must stand to what they were before.' }),
    equals: z
      .union([z.string().max(LONGEST_VALUE), z.number().transform(String)])
      .exactOptional()
      .meta({ description: 'The value that every figure must have.' }),
    phases: z.array(moment).min(1).exactOptional().meta({ description: 'When it must hold; always, unless told.' }),
    timeout: limit.exactOptional(),
  })
  .superRefine(({ compare, equals, phases }, report) => {
    const add = (key: string, message: string) => report.addIssue({ code: 'custom', path: [key], message });
    if ((compare === undefined) === (equals === undefined))
      add(compare === undefined ? 'name' : 'equals', 'either "compare" or "equals" says what must be so');
    if (compare !== undefined && phases?.every((phase) => phase === 'before'))
      add('phases', 'nothing is compared: name a phase after the first change');
  });

/** Adds an issue for every total that stands twice in one file. */
export function checkTotalNames(
  totals: readonly { readonly name: string }[],
  report: {
    addIssue(issue: { readonly code: 'custom'; readonly path: PropertyKey[]; readonly message: string }): void;
  },
): void {
  for (const [index, { name }] of totals.entries()) {
    if (totals.findIndex((other) => other.name === name) < index)
      report.addIssue({ code: 'custom', path: ['totals', index, 'name'], message: `total "${name}" stands twice` });
  }
}

/** A total as the release document holds it. */
export const recordedTotalShape = z.strictObject({
  name: z.string().min(1),
  database: z.string().min(1),
  queries: z.array(z.strictObject({ from: z.enum(TOTAL_MOMENTS), query: sqlText })).min(1),
  by: z.string().exactOptional(),
  rule: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('exact') }),
    z.strictObject({ kind: z.literal('not-less') }),
    z.strictObject({ kind: z.literal('within'), amount: z.string() }),
    z.strictObject({ kind: z.literal('within-percent'), percent: z.string() }),
    z.strictObject({ kind: z.literal('equals'), value: z.string() }),
  ]),
  phases: z.array(z.enum(TOTAL_MOMENTS)).min(1),
  timeoutMs: z.int().positive(),
  declaredBy: z.enum(['product', 'release']),
});

/** What the vendor wrote, with its defaults and in one form. */
export function buildTotal(declared: z.output<typeof totalShape>, declaredBy: Total['declaredBy']): Total {
  const { name, database, query, moved, by, phases = TOTAL_MOMENTS, timeout = DEFAULT_LIMIT } = declared;
  const first = { from: 'before' as TotalMoment, query };
  return {
    name,
    database,
    queries: moved ? [first, { from: moved.after, query: moved.query }] : [first],
    ...(by === undefined ? {} : { by }),
    rule: buildRule(declared),
    phases: TOTAL_MOMENTS.filter((each) => phases.includes(each)),
    timeoutMs: parseDuration(timeout) ?? 0,
    declaredBy,
  };
}

function buildRule({ compare, equals = '' }: z.output<typeof totalShape>): TotalRule {
  if (compare === undefined) return { kind: 'equals', value: equals };
  if (typeof compare === 'string') return { kind: compare };
  const { within } = compare;
  if (typeof within === 'number') return { kind: 'within', amount: String(within) };
  return { kind: 'within-percent', percent: within.slice(0, -1) };
}
