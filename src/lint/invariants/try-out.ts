import { quoteName } from '../../sql/index.ts';
import { PostgresError, type Session } from '../../system/index.ts';

/** What became of a statement that was taken back. */
export type Trial =
  | { readonly kind: 'done'; readonly count: number; readonly rows: readonly object[] }
  | { readonly kind: 'refused'; readonly sqlState: string; readonly message: string };

/** Runs a statement, as a role when one is named, and takes back whatever it did. */
export async function tryOut(session: Session, sql: string, role?: string): Promise<Trial> {
  await session.query('begin');
  try {
    if (role !== undefined) await session.query(`set local role ${quoteName(role)}`);
    const { count, rows } = await session.query(sql);
    return { kind: 'done', count, rows };
  } catch (error) {
    if (!(error instanceof PostgresError)) throw error;
    return { kind: 'refused', sqlState: error.code, message: error.message };
  } finally {
    await session.query('rollback');
  }
}

/** A table as a document names it, for SQL. */
export function quoteTable(table: string): string {
  return table.split('.').map(quoteName).join('.');
}

/** The key of a table in a schema. */
export function qualifyTable(table: string): string {
  return table.includes('.') ? table : `public.${table}`;
}
