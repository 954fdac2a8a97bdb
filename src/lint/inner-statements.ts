import type { SqlParser, SqlStatement } from '../system/index.ts';

/**
 * The statements that a `DO` block in PL/pgSQL runs as they stand, whatever the conditions around them; none for other statements. What
 * it puts together when it runs is not among them, nor what cannot be read: the prediction of its effects says so.
 */
export function innerStatements({ node, text, startOffset }: SqlStatement, parser: SqlParser): readonly SqlStatement[] {
  if (!('DoStmt' in node)) return [];
  const body = optionText(node.DoStmt.args, 'as') ?? '';
  const language = optionText(node.DoStmt.args, 'language') ?? 'plpgsql';
  if (language !== 'plpgsql') return [];
  const lines = lineStarts(body);
  const bodyAt = text.indexOf(body);
  return (parser.plpgsql(body) ?? []).flatMap(({ sql, isDynamic, line }) => {
    if (isDynamic) return [];
    // A body in quotes of which some are doubled is not found as it is.
    const at = bodyAt === -1 ? 0 : bodyAt + (lines[line - 1] ?? 0);
    return split(parser, sql).map((inner) => ({ ...inner, startOffset: startOffset + at }));
  });
}

function split(parser: SqlParser, sql: string): readonly SqlStatement[] {
  try {
    return parser.split(sql, 'body');
  } catch {
    return [];
  }
}

/** Where each line begins, at its first character that is not blank. */
function lineStarts(text: string): readonly number[] {
  return [...text.matchAll(/^[ \t]*/gm)].map(({ index, 0: blank }) => index + blank.length);
}

type DoArguments = Extract<SqlStatement['node'], { DoStmt: unknown }>['DoStmt']['args'];

function optionText(options: DoArguments, name: string): string | undefined {
  for (const option of options ?? []) {
    if (!('DefElem' in option) || option.DefElem.defname !== name) continue;
    const { arg } = option.DefElem;
    return arg && 'String' in arg ? arg.String.sval : undefined;
  }
  return undefined;
}
