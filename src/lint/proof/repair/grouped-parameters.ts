import type { SqlNode, SqlToken } from '../../../system/index.ts';
import { nodesOf, offsetOfNode, type TreeNode } from '../syntax-tree.ts';
import { applyEdits, closeGaps } from './edit-text.ts';

const CLAUSES = ['groupClause', 'distinctClause'] as const;
const USERS = ['targetList', 'sortClause', 'havingClause', 'groupClause', 'distinctClause'] as const;

/**
 * `select date_trunc($1, at) … group by date_trunc($2, at)`: the same constant was written twice, and the server numbered each. Gives every
 * expression that equals one of GROUP BY or DISTINCT ON the numbers of that one. `undefined` when there is none.
 */
export function uniteGroupedParameters(
  text: string,
  node: SqlNode,
  scan: (text: string) => readonly SqlToken[],
): string | undefined {
  const numbers = new Map<number, number>();
  for (const select of nodesOf(node)) {
    if (select.kind !== 'SelectStmt') continue;
    for (const clause of CLAUSES) {
      for (const grouped of listOf(select.fields[clause])) unite(text, { select, grouped, numbers });
    }
  }
  if (numbers.size === 0) return undefined;
  const edits = scan(text)
    .filter((token) => numbers.has(token.startOffset))
    .map((token) => ({ ...token, text: `$${numbers.get(token.startOffset)}` }));
  const united = applyEdits(text, edits);
  return united === text ? undefined : closeGaps(united, scan(united));
}

interface Union {
  readonly select: TreeNode;
  readonly grouped: unknown;
  /** The number that the parameter at an offset gets. */
  readonly numbers: Map<number, number>;
}

function unite(text: string, { select, grouped, numbers }: Union): void {
  const wanted = parametersOf(grouped);
  if (wanted.length === 0) return;
  const form = formOf(grouped);
  for (const user of USERS) {
    for (const found of subtreesOf(select.fields[user])) {
      if (formOf(found) !== form) continue;
      for (const [index, parameter] of parametersOf(found).entries()) {
        const offset = offsetOfNode(text, parameter);
        if (!numbers.has(offset)) numbers.set(offset, Number(wanted[index]?.fields.number));
      }
    }
  }
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function parametersOf(value: unknown): readonly TreeNode[] {
  return nodesOf(value).filter(({ kind }) => kind === 'ParamRef');
}

function* subtreesOf(value: unknown): Generator<unknown> {
  for (const { kind, fields } of nodesOf(value)) yield { [kind]: fields };
}

/** What an expression says, whatever its parameters are called and wherever it stands. */
function formOf(value: unknown): string {
  return JSON.stringify(value, (key, field) => (key === 'location' || key === 'number' ? undefined : field));
}
