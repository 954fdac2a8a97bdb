import type { SqlNode } from '../../system/index.ts';

type Kind = SqlNode extends infer N ? (N extends SqlNode ? keyof N : never) : never;
type NodeOf<K extends Kind> = Extract<SqlNode, Record<K, unknown>>[K & keyof Extract<SqlNode, Record<K, unknown>>];

/** The nodes of one kind in a tree, outer ones before inner ones. */
export function findNodes<K extends Kind>(tree: unknown, kind: K): readonly NodeOf<K>[] {
  const found: NodeOf<K>[] = [];
  collect(tree, kind, found);
  return found;
}

function collect<K extends Kind>(tree: unknown, kind: K, found: NodeOf<K>[]): void {
  if (typeof tree !== 'object' || tree === null) return;
  const own = (tree as { readonly [P in Kind]?: unknown })[kind];
  if (own !== undefined) found.push(own as NodeOf<K>);
  for (const part of Object.values(tree)) collect(part, kind, found);
}

/** The columns that an expression names, each once. */
export function columnsIn(tree: SqlNode | undefined): readonly string[] {
  const named = findNodes(tree, 'ColumnRef').map(({ fields }) => textOf(fields?.at(-1)));
  return [...new Set(named.flatMap((name) => (name === undefined ? [] : [name])))];
}

/** The functions that an expression calls, by name without schema. */
export function functionsIn(tree: SqlNode | undefined): readonly string[] {
  return findNodes(tree, 'FuncCall').map(({ funcname }) => textOf(funcname?.at(-1)) ?? '');
}

/** Whether two trees say the same, wherever they stand in their texts. */
export function isSameTree(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, withoutPlaces) === JSON.stringify(b, withoutPlaces);
}

const PLACES = new Set(['location', 'list_start', 'list_end', 'rexpr_list_start', 'rexpr_list_end', 'name_location']);

function withoutPlaces(key: string, value: unknown): unknown {
  return PLACES.has(key) ? undefined : value;
}

/** The text of a name's part. */
export function textOf(node: SqlNode | undefined): string | undefined {
  return node && 'String' in node ? (node.String.sval ?? '') : undefined;
}

export function textsOf(nodes: readonly SqlNode[] | undefined): readonly string[] {
  return (nodes ?? []).map(textOf).filter((text) => text !== undefined);
}

/** `NULL`, or nothing. */
export function isNullOrNothing(node: SqlNode | undefined): boolean {
  if (!node) return true;
  if ('TypeCast' in node) return isNullOrNothing(node.TypeCast.arg);
  return 'A_Const' in node && node.A_Const.isnull === true;
}
