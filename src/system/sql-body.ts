import type { parsePlPgSQLSync, parseSync } from 'libpg-query';

/** An SQL statement in a body of PL/pgSQL. */
export interface BodyStatement {
  readonly sql: string;
  /** `EXECUTE` of a text that is put together when it runs; `sql` is the expression. */
  readonly isDynamic: boolean;
  /** In the body; counts from 1. */
  readonly line: number;
}

interface Library {
  readonly parsePlPgSQLSync: typeof parsePlPgSQLSync;
  readonly parseSync: typeof parseSync;
}

/** Statements of a body that run SQL, by the key under which the parser keeps the text. */
const STATIC: Readonly<Record<string, string>> = {
  PLpgSQL_stmt_execsql: 'sqlstmt',
  PLpgSQL_stmt_perform: 'expr',
  PLpgSQL_stmt_call: 'expr',
  PLpgSQL_stmt_fors: 'query',
  PLpgSQL_stmt_return_query: 'query',
  PLpgSQL_stmt_open: 'query',
};
const DYNAMIC: Readonly<Record<string, string>> = {
  PLpgSQL_stmt_dynexecute: 'query',
  PLpgSQL_stmt_dynfors: 'query',
  PLpgSQL_stmt_return_query: 'dynquery',
  PLpgSQL_stmt_open: 'dynquery',
};

/** The SQL in a body of PL/pgSQL, in its order; `undefined` when it cannot be read. */
export function bodyStatements(library: Library, body: string): readonly BodyStatement[] | undefined {
  let tree: unknown;
  try {
    const tag = quoteTag(body);
    tree = library.parsePlPgSQLSync(`create function f() returns void language plpgsql as ${tag}${body}${tag}`);
  } catch {
    return undefined;
  }
  const found: BodyStatement[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, part] of Object.entries(value)) {
      if (key in STATIC || key in DYNAMIC) found.push(...readStatement(library, key, part as StatementNode));
      visit(part);
    }
  };
  visit(tree);
  return found;
}

type StatementNode = Readonly<Record<string, unknown>> & { readonly lineno?: number };

function readStatement(library: Library, kind: string, node: StatementNode): readonly BodyStatement[] {
  const line = node.lineno ?? 1;
  const found: BodyStatement[] = [];
  const plain = expressionText(node[STATIC[kind] ?? '']);
  if (plain !== undefined) found.push({ sql: plain, isDynamic: false, line });
  const dynamic = expressionText(node[DYNAMIC[kind] ?? '']);
  if (dynamic !== undefined) {
    const constant = constantText(library, dynamic);
    found.push({ sql: constant ?? dynamic, isDynamic: constant === undefined, line });
  }
  return found;
}

function expressionText(node: unknown): string | undefined {
  const expression = (node as { readonly PLpgSQL_expr?: { readonly query?: string } } | undefined)?.PLpgSQL_expr;
  return expression?.query;
}

/** The text of an expression that is one string constant. */
function constantText(library: Library, expression: string): string | undefined {
  try {
    const statement = library.parseSync(`select ${expression}`).stmts?.[0]?.stmt;
    const target = statement && 'SelectStmt' in statement ? statement.SelectStmt.targetList?.[0] : undefined;
    const value = target && 'ResTarget' in target ? target.ResTarget.val : undefined;
    return value && 'A_Const' in value ? value.A_Const.sval?.sval : undefined;
  } catch {
    return undefined;
  }
}

/** A dollar quote that does not occur in the body. */
function quoteTag(body: string): string {
  let tag = '$body$';
  for (let count = 1; body.includes(tag); count += 1) tag = `$body${count}$`;
  return tag;
}
