import type { SqlDataMigration } from '../model/index.ts';
import { loadSqlParser, type SqlNode, type SqlParser } from '../system/index.ts';
import { wrongDeclaration } from './errors.ts';
import { walkTree } from './walk-tree.ts';

/** What is wrong with one key of a declaration. */
export interface DeclarationProblem {
  /** Such as `set` or `insert.select`. */
  readonly key: string;
  /** Half a sentence. */
  readonly problem: string;
}

/**
 * Throws `data-migrate.wrong-declaration` unless `set` is a SET clause, or `insert.select` one SELECT from `batch`, `where` one condition and
 * `verify` one SELECT, each by itself: what is put together from them can then touch no row outside of its range.
 */
export async function assertDeclaration(declared: SqlDataMigration): Promise<void> {
  const [first] = checkDeclaration(await loadSqlParser(), declared);
  if (first) throw wrongDeclaration(declared, `"${first.key}" ${first.problem}`);
}

/** Everything that is wrong with what a data migration declares, as far as its text alone tells. */
export function checkDeclaration(parser: SqlParser, declared: SqlDataMigration): readonly DeclarationProblem[] {
  const { change, where, verify, throttle, scope } = declared;
  return [
    ...(change.kind === 'update'
      ? checkText(parser, 'set', `update t set ${change.set}`, checkSet)
      : checkText(parser, 'insert.select', change.select, checkSelect)),
    ...checkText(parser, 'where', `select where ${where}`, checkWhere),
    ...checkText(parser, 'verify', verify, checkQuery),
    ...(scope?.values === undefined ? [] : checkText(parser, 'scope.values', scope.values, checkQuery)),
    ...(throttle ? checkText(parser, 'throttle.query', throttle.query, checkQuery) : []),
  ];
}

type Fields = Readonly<Record<string, unknown>>;

function checkText(
  parser: SqlParser,
  key: string,
  text: string,
  check: (node: SqlNode) => string | undefined,
): readonly DeclarationProblem[] {
  const problem = findProblem(parser, { key, text, check });
  return problem === undefined ? [] : [{ key, problem }];
}

function findProblem(
  parser: SqlParser,
  {
    key,
    text,
    check,
  }: { readonly key: string; readonly text: string; readonly check: (node: SqlNode) => string | undefined },
): string | undefined {
  try {
    const [first, ...others] = parser.split(text, key);
    if (!first || others.length > 0) return 'holds more than one statement';
    return check(first.node) ?? checkHarmless(first.node);
  } catch (error) {
    return `is not SQL (${(error as Error).message})`;
  }
}

function checkSet(node: SqlNode): string | undefined {
  const update = at(node, 'UpdateStmt');
  const isAlone = update && !update.whereClause && !update.fromClause && !update.returningList;
  return isAlone ? undefined : 'is not a SET clause alone';
}

/** Clauses that would choose among rows, or change what a condition means. */
const CHOOSING = ['groupClause', 'havingClause', 'sortClause', 'limitCount', 'limitOffset', 'lockingClause', 'larg'];

function checkWhere(node: SqlNode): string | undefined {
  const select = at(node, 'SelectStmt');
  const isAlone = select?.whereClause && !CHOOSING.some((clause) => clause in select);
  return isAlone ? undefined : 'is not one condition alone';
}

function checkQuery(node: SqlNode): string | undefined {
  return at(node, 'SelectStmt') ? undefined : 'is not a SELECT';
}

/** The rows of the range, all of them, and nothing but what it makes of them. */
function checkSelect(node: SqlNode): string | undefined {
  const select = at(node, 'SelectStmt');
  if (!select?.fromClause || select.larg) return 'is not one SELECT from batch';
  if ('limitCount' in select || 'limitOffset' in select) return 'leaves rows out by LIMIT or OFFSET';
  const names = [...walkTree(node)];
  if (names.some(({ kind, fields }) => kind === 'CommonTableExpr' && fields.ctename === 'batch'))
    return 'gives the name "batch", which is the rows of the range, to something else';
  const isRead = names.some(
    ({ kind, fields }) => kind === 'RangeVar' && fields.relname === 'batch' && !fields.schemaname,
  );
  return isRead ? undefined : 'does not read from batch, which is the rows of the range';
}

const WRITING = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/** Below its top, a statement neither writes, locks rows, nor makes a table. */
function checkHarmless(node: SqlNode): string | undefined {
  const [top, ...below] = walkTree(node);
  for (const { kind, fields } of below) if (WRITING.has(kind)) return `writes: it holds ${describe(kind, fields)}`;
  const all = top ? [top, ...below] : below;
  if (all.some(({ fields }) => 'lockingClause' in fields)) return 'locks rows';
  if (all.some(({ fields }) => 'intoClause' in fields)) return 'makes a table by SELECT INTO';
  return undefined;
}

function describe(kind: string, { relation }: Fields): string {
  const name = (relation as { readonly relname?: string } | undefined)?.relname;
  return `${kind.replace('Stmt', '').toUpperCase()}${name === undefined ? '' : ` on ${name}`}`;
}

function at(node: SqlNode, kind: string): Fields | undefined {
  return (node as unknown as Readonly<Record<string, Fields | undefined>>)[kind];
}
