import type { Session } from '../../system/index.ts';
import type { ForeignLedger, LedgerLine, LedgerTable, LedgerTool } from './ledger-tool.ts';
import { LEDGER_TOOLS } from './tools.ts';

/** A table that is the ledger of a tool, with what it says. */
export interface FoundLedger {
  readonly tool: LedgerTool;
  readonly table: LedgerTable;
  readonly ledger: ForeignLedger;
  /** As they were read; two reads that are equal found the same. */
  readonly lines: readonly LedgerLine[];
  /** What times without a zone were taken for: the zone that the server has for this role and database. */
  readonly timeZone: string;
  /** Whether unqualified names lead to its schema, for this role and database. */
  readonly isOnPath: boolean;
}

export interface FoundLedgers {
  readonly ledgers: readonly FoundLedger[];
  /** Tables that are called like a ledger, and fit none: whose they are cannot be told. */
  readonly strangers: readonly LedgerTable[];
}

export interface FindOptions {
  /** Only this tool. */
  readonly tool?: LedgerTool;
  /** The table `<schema>.<name>`, or its name alone, where it is not called as usual. */
  readonly table?: string;
}

/**
 * Looks in every schema for the ledgers of other migration tools, whatever the search path, and reads them. A table counts when it is called
 * as its tool calls it, has its columns, and holds rows that can be its own; several may count. Changes nothing.
 */
export async function findLedgers(session: Session, options: FindOptions = {}): Promise<FoundLedgers> {
  const tools = options.tool ? [options.tool] : LEDGER_TOOLS;
  const usual = LEDGER_TOOLS.flatMap((tool) => tool.tables);
  const candidates = await loadTables(session, ({ schema, name }) =>
    options.table === undefined ? usual.includes(name) : [name, `${schema}.${name}`].includes(options.table),
  );
  const { timeZone, path } = await loadSettings(session);
  const ledgers: FoundLedger[] = [];
  for (const table of candidates) {
    const fitting = tools.filter(
      (tool) =>
        (options.table !== undefined || tool.tables.includes(table.name)) &&
        tool.fits(table) &&
        (options.tool !== undefined || tool.isDoubtful?.(table) !== true),
    );
    for (const tool of fitting) {
      const lines = await loadLines(session, tool, table);
      const isOnPath = path.includes(table.schema);
      if (tool.accepts(lines)) ledgers.push({ tool, table, lines, timeZone, isOnPath, ledger: tool.read(lines) });
    }
  }
  const strangers = candidates.filter((table) => !ledgers.some((found) => found.table === table) && !isPart(table));
  return { ledgers, strangers };
}

async function loadSettings(session: Session): Promise<{ timeZone: string; path: readonly string[] }> {
  const { rows } = await session.query<{ zone: string; path: readonly string[] }>(
    `select pg_catalog.current_setting('TimeZone') as zone, pg_catalog.to_json(pg_catalog.current_schemas(false)) as path`,
  );
  return { timeZone: rows[0]?.zone ?? 'UTC', path: rows[0]?.path ?? [] };
}

/** Reads a ledger again, in a session of the same time zone. */
export async function loadLines(
  session: Session,
  tool: LedgerTool,
  table: LedgerTable,
): Promise<readonly LedgerLine[]> {
  const { rows } = await session.query<{ line: LedgerLine }>(tool.query(table));
  return rows.map(({ line }) => line);
}

/** A second table of a ledger, which is read with the first one. */
function isPart({ name, beside }: LedgerTable): boolean {
  return LEDGER_TOOLS.some(({ tables: [main = '', ...parts] }) => parts.includes(name) && beside.includes(main));
}

type Named = Pick<LedgerTable, 'schema' | 'name'>;

/** Tables outside of the system's schemas and Onward's own. */
async function loadTables(session: Session, isWanted: (table: Named) => boolean): Promise<readonly LedgerTable[]> {
  const { rows } = await session.query<Named & { oid: number }>(
    `select n.nspname as schema, c.relname as name, c.oid
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema', 'onward')
       and n.nspname not like 'pg\\_%' order by n.nspname, c.relname`,
  );
  const wanted = rows.filter(isWanted);
  if (wanted.length === 0) return [];
  const { rows: columns } = await session.query<{ oid: number; name: string; type: string }>(
    `select a.attrelid as oid, a.attname as name, pg_catalog.format_type(a.atttypid, null) as type
     from pg_catalog.pg_attribute a
     where a.attrelid in (${wanted.map(({ oid }) => oid).join(', ')}) and a.attnum > 0 and not a.attisdropped`,
  );
  return wanted.map(({ oid, schema, name }) => ({
    schema,
    name,
    columns: new Map(columns.filter((column) => column.oid === oid).map((column) => [column.name, column.type])),
    beside: rows.filter((other) => other.schema === schema && other.oid !== oid).map((other) => other.name),
  }));
}
