/** A node of the parser's tree: its kind and its fields. */
export interface TreeNode {
  readonly kind: string;
  readonly fields: { readonly [name: string]: unknown };
}

/** Fields that hold a node of one kind, which the parser then does not name. */
const UNNAMED: Readonly<Record<string, string>> = { relation: 'RangeVar', larg: 'SelectStmt', rarg: 'SelectStmt' };

/** Every node below and at a value of the parser's tree, parents first. */
export function nodesOf(value: unknown): readonly TreeNode[] {
  const found: TreeNode[] = [];
  collect(value, found);
  return found;
}

function collect(value: unknown, found: TreeNode[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, found);
    return;
  }
  const fields = value as TreeNode['fields'];
  for (const key in fields) {
    const field = fields[key];
    if (typeof field !== 'object' || field === null) continue;
    const kind = isKind(key) ? key : UNNAMED[key];
    const isNamed = kind !== key && Object.keys(field).some(isKind);
    if (kind !== undefined && !isNamed) found.push({ kind, fields: field as TreeNode['fields'] });
    collect(field, found);
  }
}

/** A node is an object with one key that begins with a capital letter; all other keys are fields. */
function isKind(key: string): boolean {
  const first = key.charCodeAt(0);
  return first >= 65 && first <= 90;
}

/** A node's place in the text that was parsed, as a string offset; the parser counts bytes and leaves out a zero. */
export function offsetOfNode(text: string, { fields }: TreeNode): number {
  const location = typeof fields.location === 'number' ? fields.location : 0;
  return Buffer.from(text).subarray(0, location).toString().length;
}

/** The last part of a qualified name, such as a function's or a type's. */
export function lastName(parts: unknown): string | undefined {
  const last = Array.isArray(parts) ? parts.at(-1) : undefined;
  const name = (last as { readonly String?: { readonly sval?: string } } | undefined)?.String?.sval;
  return name;
}
