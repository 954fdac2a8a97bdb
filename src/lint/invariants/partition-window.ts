import { quoteLiteral } from '../../sql/index.ts';
import type { InvariantContext, InvariantKind, Violation } from './invariant.ts';
import type { InvariantsDocument } from './invariants-schema.ts';
import { qualifyTable, tryOut } from './try-out.ts';

export const partitionWindow: InvariantKind = {
  name: 'partition-window',
  help: 'Make the partitions of the coming periods in a migration, or in a job that runs before they begin.',
  async check(context, { partitions }) {
    const violations: Violation[] = [];
    for (const [index, declared] of partitions.entries()) {
      violations.push(...(await checkWindow(context, declared, ['partitions', index])));
    }
    return violations;
  },
};

const PERIODS = { day: '1 day', week: '7 days', month: '1 month', quarter: '3 months', year: '1 year' } as const;

async function checkWindow(
  { session, schema }: InvariantContext,
  { table, ahead, every }: InvariantsDocument['partitions'][number],
  at: readonly PropertyKey[],
): Promise<readonly Violation[]> {
  const id = qualifyTable(table);
  const bounds = Object.values(schema.tables).flatMap(({ partitionOf, partitionBound }) =>
    partitionOf === id ? (partitionBound ?? []) : [],
  );
  const ends = bounds.flatMap((bound) => / TO \('([^']+)'\)$/.exec(bound)?.[1] ?? []);
  if (ends.length === 0) return [{ at, message: `${table} has no partition with an upper bound in time` }];
  const list = ends.map((end) => `(${quoteLiteral(end)}::timestamptz)`).join(', ');
  const needed = `date_trunc('${every}', now()) + ${ahead} * interval '${PERIODS[every]}'`;
  const trial = await tryOut(
    session,
    `select max(at)::text as last, (${needed})::text as needed from (values ${list}) as bound(at) having max(at) < ${needed}`,
  );
  if (trial.kind === 'refused')
    return [{ at, isUnknown: true, message: `the bounds of ${table} are no times: ${trial.message}` }];
  const [short] = trial.rows as readonly { readonly last: string; readonly needed: string }[];
  if (!short) return [];
  return [{ at, message: `the partitions of ${table} end at ${short.last}, and should reach ${short.needed}` }];
}
