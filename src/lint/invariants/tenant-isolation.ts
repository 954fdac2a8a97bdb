import type { InvariantContext, InvariantKind, Violation } from './invariant.ts';
import { qualifyTable, quoteTable, tryOut } from './try-out.ts';

export const tenantIsolation: InvariantKind = {
  name: 'tenant-isolation',
  help: 'Enable row-level security on the table, with a policy that compares the tenant with a setting and shows nothing without it.',
  async check(context, { tenants }) {
    if (!tenants) return [];
    const except = new Set(tenants.except.map(qualifyTable));
    const tables = Object.entries(context.schema.tables).filter(
      ([id, { columns, partitionOf }]) =>
        partitionOf === null && !except.has(id) && columns.some(({ name }) => name === tenants.column),
    );
    if (tables.length === 0) return [{ at: ['tenants'], message: `no table has a column ${tenants.column}` }];
    const violations: Violation[] = [];
    for (const [id, table] of tables) {
      if (!table.hasRowSecurity) violations.push({ at: ['tenants'], message: `${id} has no row-level security` });
      else violations.push(...(await checkTable(context, id, tenants.role)));
    }
    return violations;
  },
};

/** Not being allowed to look, or a policy that fails without its setting, shows nothing either. */
async function checkTable({ session }: InvariantContext, id: string, role: string): Promise<readonly Violation[]> {
  const at = ['tenants'];
  const sql = `select 1 from ${quoteTable(id)} limit 1`;
  const all = await tryOut(session, sql);
  if (all.kind === 'refused' || all.rows.length === 0) {
    return [{ at, isUnknown: true, message: `${id} has no row that could be shown to the wrong tenant` }];
  }
  const shown = await tryOut(session, sql, role);
  if (shown.kind === 'refused' && shown.sqlState === '22023') {
    return [{ at: ['tenants', 'role'], isUnknown: true, message: `there is no role ${role}` }];
  }
  if (shown.kind === 'refused' || shown.rows.length === 0) return [];
  return [{ at, message: `${role} sees rows of ${id} without saying which tenant it is` }];
}
