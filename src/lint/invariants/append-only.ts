import { quoteName } from '../../sql/index.ts';
import type { InvariantContext, InvariantKind, Violation } from './invariant.ts';
import { qualifyTable, quoteTable, tryOut } from './try-out.ts';

export const appendOnly: InvariantKind = {
  name: 'append-only',
  help: 'Revoke UPDATE and DELETE from the role, or refuse both in a trigger.',
  async check(context, { appendOnly: declared }) {
    const violations: Violation[] = [];
    for (const table of declared?.tables ?? []) {
      violations.push(...(await checkTable(context, table, declared?.role ?? '')));
    }
    return violations;
  },
};

async function checkTable(
  { session, schema }: InvariantContext,
  table: string,
  role: string,
): Promise<readonly Violation[]> {
  const at = ['appendOnly', 'tables'];
  const column = schema.tables[qualifyTable(table)]?.columns.find(({ generated }) => generated === null)?.name;
  if (column === undefined) return [{ at, message: `there is no table ${table} with a column that could be changed` }];
  const own = quoteName(column);
  const violations: Violation[] = [];
  for (const [verb, sql] of [
    ['update', `update ${quoteTable(table)} set ${own} = ${own}`],
    ['delete from', `delete from ${quoteTable(table)}`],
  ] as const) {
    const trial = await tryOut(session, sql, role);
    if (trial.kind === 'refused' && trial.sqlState === '22023') {
      return [{ at, message: `there is no role ${role}`, isUnknown: true }];
    }
    if (trial.kind === 'refused') continue;
    // A trigger fires for rows only.
    if (trial.count === 0)
      violations.push({ at, isUnknown: true, message: `${role} may ${verb} ${table}, which has no row to try it on` });
    else violations.push({ at, message: `${role} can ${verb} ${table}` });
  }
  return violations;
}
