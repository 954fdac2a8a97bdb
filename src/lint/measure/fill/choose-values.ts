import { quoteName } from '../../../sql/index.ts';
import { PostgresError, type Session } from '../../../system/index.ts';
import { baseType, collectChecks, columnCandidates } from './candidates.ts';
import type { Check, FillCatalog, FillColumn, FillTable } from './fill-catalog.ts';
import { valueExpressions } from './value-expressions.ts';

/** An SQL expression per column number, over `g`; `null` where the column stays empty. */
export type Choice = ReadonlyMap<number, string>;

/** Combinations that are tried at once. */
const MAX_COMBINATIONS = 800;
/** The first ones, and one that may be too large for a narrow condition. */
const SAMPLES = [1, 2, 199];

/**
 * Finds expressions for the columns of a table that meet its checks, by letting the server evaluate the checks on candidates. Columns that no
 * check is about have the likeliest expression of their type. A column whose type nothing is known of is left out.
 */
export async function chooseValues(session: Session, catalog: FillCatalog, table: FillTable): Promise<Choice> {
  const checks = collectChecks(catalog, table);
  const choice = new Map<number, string>();
  for (const group of groupColumns(table, checks)) {
    const own = checks.filter(({ columns }) =>
      columns.some((number) => group.some((column) => column.number === number)),
    );
    const candidates = group.map((column) => columnCandidates(catalog, column, own));
    const chosen = await chooseForGroup(session, { catalog, table, group, checks: own, candidates });
    for (const [index, column] of group.entries()) {
      const expression = chosen[index];
      if (expression !== undefined) choice.set(column.number, expression);
    }
  }
  return choice;
}

/** Columns that are in a check together must be chosen together. */
function groupColumns(table: FillTable, checks: readonly Check[]): readonly (readonly FillColumn[])[] {
  let groups = table.columns.filter(({ isServerGiven }) => !isServerGiven).map((column) => [column]);
  for (const { columns } of checks) {
    const touched = groups.filter((group) => group.some(({ number }) => columns.includes(number)));
    if (touched.length > 1) groups = [...groups.filter((group) => !touched.includes(group)), touched.flat()];
  }
  return groups;
}

interface Group {
  readonly catalog: FillCatalog;
  readonly table: FillTable;
  readonly group: readonly FillColumn[];
  readonly checks: readonly Check[];
  readonly candidates: readonly (readonly string[])[];
}

async function chooseForGroup(session: Session, work: Group): Promise<readonly (string | undefined)[]> {
  const first = work.candidates.map((list) => list[0]);
  const isKnown = work.group.every(({ type }) => isKnownType(work.catalog, type));
  if (work.checks.length === 0 && isKnown) return first;
  const narrowed = await narrow(session, work);
  const combinations = combine(narrowed);
  const good = await evaluate(session, work, combinations);
  let best: { readonly combination: readonly string[]; readonly score: number } | undefined;
  for (const [index, combination] of combinations.entries()) {
    const score = (good[index] ?? 0) * 1000 - combination.reduce((sum, text) => sum + penalty(text), 0);
    if ((good[index] ?? 0) > 0 && (!best || score > best.score)) best = { combination, score };
  }
  return best?.combination ?? first;
}

/** Rows should differ from each other, and be filled. */
function penalty(expression: string): number {
  if (expression === 'null') return 100;
  return /\bg\b/.test(expression) ? 0 : 1;
}

/** Types of extensions and of the user have expressions that the server may refuse. */
function isKnownType(catalog: FillCatalog, type: number): boolean {
  const base = baseType(catalog, type);
  return base !== undefined && (base.kind === 'e' || base.oid < 16384);
}

/** Keeps what meets the checks that are about one column alone, and as many as can be combined. */
async function narrow(session: Session, work: Group): Promise<readonly (readonly string[])[]> {
  const limit = Math.max(2, Math.floor(MAX_COMBINATIONS ** (1 / work.group.length)));
  const narrowed: (readonly string[])[] = [];
  for (const [index, column] of work.group.entries()) {
    const list = work.candidates[index] ?? [];
    const checks = work.checks.filter(({ columns }) => columns.every((number) => number === column.number));
    const single = { ...work, group: [column], checks };
    const isTested = checks.length > 0 || !isKnownType(work.catalog, column.type);
    const good = isTested
      ? await evaluate(
          session,
          single,
          list.map((text) => [text]),
        )
      : list.map(() => 1);
    const passing = list.filter((_, position) => (good[position] ?? 0) > 0);
    const wanted = passing.filter((text) => text !== 'null');
    narrowed.push(passing.includes('null') ? [...wanted.slice(0, limit - 1), 'null'] : wanted.slice(0, limit));
  }
  return narrowed;
}

function combine(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  let combined: (readonly string[])[] = [[]];
  for (const list of lists) {
    combined = combined.flatMap((head) => list.map((text) => [...head, text])).slice(0, MAX_COMBINATIONS);
  }
  return combined;
}

/** Queries that a group may cost when candidates fail with errors. */
const MAX_TRIES = 120;

/** How many of the sample rows of each combination meet all checks. A condition that fails with an error counts as not met. */
async function evaluate(
  session: Session,
  work: Group & { readonly tries?: { left: number } },
  combinations: readonly (readonly string[])[],
): Promise<readonly number[]> {
  if (combinations.length === 0) return [];
  const tries = work.tries ?? { left: MAX_TRIES };
  if (tries.left <= 0) return combinations.map(() => 0);
  tries.left -= 1;
  const together = await tryQuery(session, renderEvaluation(work, combinations));
  if (together) return combinations.map((_, index) => together.get(index) ?? 0);
  if (combinations.length === 1) return [0];
  const half = Math.ceil(combinations.length / 2);
  const left = await evaluate(session, { ...work, tries }, combinations.slice(0, half));
  const right = await evaluate(session, { ...work, tries }, combinations.slice(half));
  return [...left, ...right];
}

async function tryQuery(session: Session, sql: string): Promise<ReadonlyMap<number, number> | undefined> {
  await session.query('savepoint onward_try');
  try {
    const { rows } = await session.query<{ index: number; good: number }>(sql);
    await session.query('release savepoint onward_try');
    return new Map(rows.map(({ index, good }) => [index, good]));
  } catch (error) {
    if (!(error instanceof PostgresError) || session.isLost) throw error;
    await session.query('rollback to savepoint onward_try; release savepoint onward_try');
    return undefined;
  }
}

/** The candidates stand in a scope of their own, where no column can be taken for `g`. */
function renderEvaluation(
  { catalog, table, group, checks }: Group,
  combinations: readonly (readonly string[])[],
): string {
  const numbers = new Set(checks.flatMap(({ columns }) => columns));
  const others = table.columns
    .filter((column) => numbers.has(column.number) && !group.includes(column))
    .map((column) => {
      const expression = valueExpressions(catalog, column.type, column.modifier)[0] ?? 'null';
      return `(${expression})::${baseType(catalog, column.type)?.name ?? 'text'} as ${quoteName(column.name)}`;
    });
  const rows = combinations.map((combination, index) => {
    const values = combination.map((text, position) => {
      const type = baseType(catalog, group[position]?.type ?? 0);
      return `(${text})::${type?.name ?? 'text'} as ${quoteName(group[position]?.name ?? '')}`;
    });
    return `select ${[`${index} as onward_index`, ...values, ...others].join(', ')} from unnest(array[${SAMPLES.join(', ')}]) as g`;
  });
  // What nobody asks for is not evaluated, and would not fail either.
  const all = group.map(({ name }) => quoteName(name)).join(', ');
  const condition = [
    `concat(${all}) is not null`,
    ...checks.map(({ expression }) => `coalesce((${expression})::bool, true)`),
  ].join(' and ');
  return `select onward_index as index, count(*) filter (where ${condition})::int4 as good
    from (${rows.join(' union all ')}) as ${table.alias} group by 1`;
}
