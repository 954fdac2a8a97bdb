import { quoteName } from '../../../sql/index.ts';
import type { Session } from '../../../system/index.ts';
import { attempt as attemptAlone, attemptInside } from '../attempt.ts';
import { type Choice, chooseValues } from './choose-values.ts';
import { type FillCatalog, type FillForeignKey, type FillTable, loadFillCatalog } from './fill-catalog.ts';
import { type FillStep, isRequired, orderTables } from './fill-order.ts';
import { renderInsert } from './render-insert.ts';

export interface FillReport {
  /** Rows that the tables have now, by table. */
  readonly rows: ReadonlyMap<number, number>;
  /** Tables that have no row, and why. */
  readonly empty: readonly { readonly table: number; readonly reason: string }[];
  /** Tables that could be filled only with triggers and foreign keys switched off. */
  readonly forced: readonly number[];
}

export interface FillOptions {
  readonly rows: number;
  /** Instead of what the database says now. */
  readonly catalog?: FillCatalog;
}

/**
 * Gives each of the tables rows until it has as many as wanted, where its keys allow. The rows are plausible: they meet the types, checks,
 * keys and bounds of partitions. What is there stays. It commits; a table that cannot be filled is in the report.
 */
export async function fillTables(session: Session, oids: readonly number[], options: FillOptions): Promise<FillReport> {
  if (oids.length === 0) return { rows: new Map(), empty: [], forced: [] };
  const first = await fillOnce(session, oids, { ...options, isForced: false });
  return first ?? (await fillOnce(session, oids, { ...options, isForced: true })) ?? unfilled(oids);
}

/** `undefined`: at the end a deferred foreign key did not hold, and nothing was kept. */
async function fillOnce(
  session: Session,
  oids: readonly number[],
  options: FillOptions & { readonly isForced: boolean },
): Promise<FillReport | undefined> {
  await session.query(`begin; set local statement_timeout = '30s'`);
  const catalog = options.catalog ?? (await loadFillCatalog(session, oids));
  const steps = orderTables(catalog, oids);
  const run: Run = { session, catalog, rows: options.rows, problems: new Map(), forced: new Set() };
  await session.query('set constraints all deferred');
  for (const step of steps) {
    const isGuessed = step.open.some((key) => isRequired(step.table, key));
    if (!options.isForced || !isGuessed) await fillStep(run, step);
    if (run.problems.has(step.table.oid) || (options.isForced && isGuessed)) await forceStep(run, step);
  }
  for (const step of steps) await closeKeys(run, step);
  if ((await attempt(session, 'set constraints all immediate')) !== undefined) {
    await session.query('rollback');
    return undefined;
  }
  await session.query('commit');
  return finish(run, steps);
}

function unfilled(oids: readonly number[]): FillReport {
  const reason = 'its foreign keys do not hold at the end of the transaction';
  return { rows: new Map(), empty: oids.map((table) => ({ table, reason })), forced: [] };
}

interface Run {
  readonly session: Session;
  readonly catalog: FillCatalog;
  readonly rows: number;
  /** Why a table could not be filled. */
  readonly problems: Map<number, string>;
  readonly forced: Set<number>;
}

async function fillStep(run: Run, { table, open }: FillStep): Promise<void> {
  const existing = await countOf(run.session, table);
  if (existing >= run.rows) return;
  const choice = withoutOpen(table, await chooseValues(run.session, run.catalog, table), open);
  const insert = renderInsert(run.catalog, table, choice, {
    rows: run.rows - existing,
    existing,
    ignored: new Set(open),
  });
  const problem = await attempt(run.session, insert);
  if (problem === undefined) run.problems.delete(table.oid);
  else run.problems.set(table.oid, problem);
}

/** The column of a key that leads to a later table is empty where that is allowed, and guessed otherwise. */
function withoutOpen(table: FillTable, choice: Choice, open: readonly FillForeignKey[]): Choice {
  const changed = new Map(choice);
  const own = table.foreignKeys.filter((key) => key.table === table.oid);
  for (const key of [...open, ...own]) {
    if (isRequired(table, key)) continue;
    for (const number of key.columns) {
      const column = table.columns.find((candidate) => candidate.number === number);
      if (column && !column.isNotNull) changed.set(number, 'null');
    }
  }
  return changed;
}

/** Fills in the keys that were left open, where the rest of the row allows it. */
async function closeKeys({ session, catalog, problems }: Run, { table, open }: FillStep): Promise<void> {
  const keys = [...open, ...table.foreignKeys.filter((key) => key.table === table.oid)];
  for (const key of keys.filter((candidate) => !isRequired(table, candidate) && !problems.has(table.oid))) {
    const parent = catalog.tables.get(key.table);
    if (!parent) continue;
    const pairs = key.columns.flatMap((number, position) => {
      const column = table.columns.find((candidate) => candidate.number === number);
      const target = parent.columns.find((candidate) => candidate.number === key.referencedColumns[position]);
      return column && target && !column.isNotNull ? [`${quoteName(column.name)} = p.${quoteName(target.name)}`] : [];
    });
    if (pairs.length === 0) continue;
    // Each row gets another parent, as unique keys want it.
    await attempt(
      session,
      `update ${table.quoted} as c set ${pairs.join(', ')}
         from (select ctid as onward_at, tableoid as onward_of, row_number() over () as onward_n from ${table.quoted}) as r,
              (select *, row_number() over () as onward_n from (select * from ${parent.quoted} limit 5000) as x) as p
        where c.ctid = r.onward_at and c.tableoid = r.onward_of
          and p.onward_n = 1 + (r.onward_n - 1) % (select count(*) from (select from ${parent.quoted} limit 5000) as y)`,
    );
  }
}

/** The last resort: no trigger fires and no foreign key is looked at. Needs a superuser. */
async function forceStep(run: Run, { table }: FillStep): Promise<void> {
  const { session, problems } = run;
  const refusal = await attempt(session, 'set local session_replication_role = replica');
  if (refusal !== undefined) return;
  await fillStep(run, { table, open: table.foreignKeys });
  if (!problems.has(table.oid)) run.forced.add(table.oid);
  await session.query('set local session_replication_role = origin');
}

async function finish({ session, problems, forced }: Run, steps: readonly FillStep[]): Promise<FillReport> {
  const rows = new Map<number, number>();
  if (steps.length === 0) return { rows, empty: [], forced: [] };
  await analyze(session, steps);
  for (const { table } of steps) rows.set(table.oid, await countOf(session, table));
  const empty = steps
    .filter(({ table }) => rows.get(table.oid) === 0)
    .map(({ table }) => ({
      table: table.oid,
      reason: problems.get(table.oid) ?? 'no generated row meets its conditions',
    }));
  return { rows, empty, forced: [...forced] };
}

/** An index on an expression may fail for rows that were forced in; the others are looked at all the same. */
async function analyze(session: Session, steps: readonly FillStep[]): Promise<void> {
  const failure = await attemptAlone(session, `analyze ${steps.map(({ table }) => table.quoted).join(', ')}`);
  if (!failure || steps.length === 1) return;
  for (const step of steps) await analyze(session, [step]);
}

async function countOf(session: Session, table: FillTable): Promise<number> {
  const { rows } = await session.query<{ n: number }>(`select count(*)::int4 as n from only ${table.quoted}`);
  return rows[0]?.n ?? 0;
}

/** Why the server refused; `undefined` when it did not. */
async function attempt(session: Session, sql: string): Promise<string | undefined> {
  const failure = await attemptInside(session, sql);
  return failure && `${failure.code} ${failure.message}`;
}
