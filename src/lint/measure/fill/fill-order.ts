import type { FillCatalog, FillForeignKey, FillTable } from './fill-catalog.ts';

/** A table, and the foreign keys that have to be left open because they lead to a table that comes later. */
export interface FillStep {
  readonly table: FillTable;
  readonly open: readonly FillForeignKey[];
}

/** Parents before children. In a cycle, a key that may be empty is left open; where none may, any one is. */
export function orderTables(catalog: FillCatalog, oids: readonly number[]): readonly FillStep[] {
  const tables = oids.flatMap((oid) => catalog.tables.get(oid) ?? []);
  const waiting = new Set(tables.filter(({ kind, isOfExtension }) => kind === 'r' && !isOfExtension));
  const steps: FillStep[] = [];
  while (waiting.size > 0) {
    const next = chooseNext(waiting);
    if (!next) break;
    waiting.delete(next);
    steps.push({ table: next, open: next.foreignKeys.filter((key) => leadsTo(key, waiting)) });
  }
  return steps;
}

function chooseNext(waiting: ReadonlySet<FillTable>): FillTable | undefined {
  let best: { readonly table: FillTable; readonly required: number; readonly open: number } | undefined;
  for (const table of waiting) {
    const keys = table.foreignKeys.filter((key) => key.table !== table.oid && leadsTo(key, waiting));
    if (keys.length === 0) return table;
    const required = keys.filter((key) => isRequired(table, key)).length;
    if (!best || required < best.required || (required === best.required && keys.length < best.open)) {
      best = { table, required, open: keys.length };
    }
  }
  return best?.table;
}

function leadsTo(key: FillForeignKey, tables: ReadonlySet<FillTable>): boolean {
  for (const { oid } of tables) if (oid === key.table) return true;
  return false;
}

/** None of its columns may be empty. */
export function isRequired(table: FillTable, key: FillForeignKey): boolean {
  return key.columns.every((number) => table.columns.find((column) => column.number === number)?.isNotNull === true);
}
