/** One node of a syntax tree. */
export interface TreeNode {
  /** Such as `SelectStmt`. */
  readonly kind: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Every node of a tree with its kind, the top first. */
export function* walkTree(value: unknown): Generator<TreeNode> {
  if (Array.isArray(value)) {
    for (const item of value) yield* walkTree(item);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [kind, fields] of Object.entries(value)) {
    if (/^[A-Z]/.test(kind) && typeof fields === 'object' && fields !== null) yield { kind, fields };
    yield* walkTree(fields);
  }
}
