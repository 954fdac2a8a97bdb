import { quoteName } from '../../sql/index.ts';
import type { InvariantContext, InvariantKind, Violation } from './invariant.ts';
import type { InvariantsDocument } from './invariants-schema.ts';
import { qualifyTable, quoteTable, tryOut } from './try-out.ts';

export const immutableRows: InvariantKind = {
  name: 'immutable-rows',
  help: 'Refuse the change in a BEFORE UPDATE trigger.',
  async check(context, { immutable }) {
    const violations: Violation[] = [];
    for (const [index, declared] of immutable.entries()) {
      violations.push(...(await checkRows(context, declared, ['immutable', index])));
    }
    return violations;
  },
};

/** Every column by itself: a trigger may look at some of them only. */
async function checkRows(
  { session, schema }: InvariantContext,
  declared: InvariantsDocument['immutable'][number],
  at: readonly PropertyKey[],
): Promise<readonly Violation[]> {
  const { table, where = 'true' } = declared;
  const found = schema.tables[qualifyTable(table)];
  if (!found) return [{ at, message: `there is no table ${table}` }];
  const rows = await tryOut(session, `select 1 from ${quoteTable(table)} where ${where} limit 1`);
  if (rows.kind === 'refused') return [{ at, message: `the rows of ${table} cannot be looked at: ${rows.message}` }];
  if (rows.rows.length === 0) {
    return [
      { at, isUnknown: true, message: `${table} has no row to try it on${where === 'true' ? '' : ` where ${where}`}` },
    ];
  }
  const changeable = found.columns.filter(({ generated }) => generated === null).map(({ name }) => name);
  const violations: Violation[] = [];
  for (const column of declared.columns ?? changeable) {
    const own = quoteName(column);
    const trial = await tryOut(session, `update ${quoteTable(table)} set ${own} = ${own} where ${where}`);
    if (trial.kind === 'done') violations.push({ at, message: `${column} of ${table} can be changed` });
  }
  return violations;
}
