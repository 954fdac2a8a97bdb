import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument as parseYaml } from 'yaml';
import type { ZodType } from 'zod';
import { closest, type Finding, type Position } from '../model/index.ts';

export interface DocumentSource {
  /** What the document is, for its errors: `onward.yaml`, `release document`. */
  readonly kind: string;
  readonly path: string;
  readonly text: string;
}

export interface ParsedDocument<T> {
  readonly value: T | undefined;
  readonly findings: readonly Finding[];
}

/** Where the value at a path of a YAML text stands, or the nearest parent that is there. */
export function createYamlLocator({ path, text }: DocumentSource): (at: readonly PropertyKey[]) => Position {
  const lines = new LineCounter();
  let document: ReturnType<typeof parseYaml> | undefined;
  return (at) => {
    // Asked only when something is wrong.
    document ??= parseYaml(text, { lineCounter: lines, version: '1.2', merge: true });
    const { line, col } = lines.linePos(offsetOf(document.contents, at) ?? 0);
    return { file: path, line, column: col };
  };
}

/** What `parseDocument` promises. */
export function parseYamlDocument<T>(source: DocumentSource, schema: ZodType<T>): ParsedDocument<T> {
  const lines = new LineCounter();
  const document = parseYaml(source.text, { lineCounter: lines, uniqueKeys: true, version: '1.2', merge: true });
  const at = (offset: number | undefined) => {
    const { line, col } = lines.linePos(offset ?? 0);
    return { file: source.path, line, column: col };
  };
  const syntax = [...document.errors, ...document.warnings].map<Finding>((problem) => ({
    code: 'document.syntax',
    severity: 'error',
    message: firstLine(problem.message),
    position: at(problem.pos[0]),
  }));
  if (syntax.length > 0) return { value: undefined, findings: syntax };
  const value: unknown = document.toJS() ?? {};
  const parsed = schema.safeParse(value);
  if (parsed.success) return { value: parsed.data, findings: [] };
  const read: ReadDocument = { schema, root: document.contents, value, at };
  const findings = parsed.error.issues.flatMap((issue) => toFindings(issue as Issue, read));
  // A key that is missing because it was misspelt is one problem, not two.
  const meant = new Set(findings.map(findMeantKey));
  const single = findings.filter(({ message }) => !meant.has(/^(.+): is missing$/.exec(message)?.[1] ?? ''));
  single.sort(
    (a, b) =>
      (a.position?.line ?? 0) - (b.position?.line ?? 0) || (a.position?.column ?? 0) - (b.position?.column ?? 0),
  );
  return { value: undefined, findings: single };
}

/** The whole path of the key that a misspelt one was meant to be. */
function findMeantKey({ message, hint }: Finding): string | undefined {
  const [, typed] = /^unknown key "(.*)"$/.exec(message) ?? [];
  const [, name] = /^Did you mean "(.*)"\?$/.exec(hint ?? '') ?? [];
  return name === undefined ? undefined : typed?.replace(/[^.]*$/, name);
}

interface Issue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
  readonly expected?: string;
  readonly values?: readonly unknown[];
}

interface ReadDocument {
  readonly schema: ZodType;
  readonly root: Node | null;
  /** What the text says, before it is compared with the schema. */
  readonly value: unknown;
  readonly at: (offset: number | undefined) => Position;
}

function toFindings(issue: Issue, read: ReadDocument): readonly Finding[] {
  const { schema, root, at } = read;
  if (issue.code === 'invalid_union' && issue.errors) {
    // The branch that got furthest is the one that was meant.
    const nearest = [...issue.errors]
      .filter((branch) => branch.length > 0)
      .sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0];
    if (nearest && depth(nearest) > 0) {
      return nearest.flatMap((inner) => toFindings({ ...inner, path: [...issue.path, ...inner.path] }, read));
    }
  }
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path);
    return (issue.keys ?? []).map((key) => {
      const meant = closest(key, known);
      const hint = meant
        ? `Did you mean "${meant}"?`
        : known.length > 0
          ? `Known keys here: ${known.join(', ')}.`
          : undefined;
      return {
        code: 'document.unknown-key',
        severity: 'error',
        message: `unknown key "${[...issue.path, key].map(String).join('.')}"`,
        position: at(keyOffset(root, issue.path, key)),
        ...(hint ? { hint } : {}),
      };
    });
  }
  const where = issue.path.map(String).join('.');
  const what = valueAt(read.value, issue.path) === undefined ? describeMissing(issue) : describeIssue(issue);
  return [
    {
      code: 'document.wrong-value',
      severity: 'error',
      message: where === '' ? what : `${where}: ${what}`,
      position: at(offsetOf(root, issue.path)),
    },
  ];
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const part of path) found = (found as { readonly [key: PropertyKey]: unknown } | null | undefined)?.[part];
  return found;
}

/** With what it must be, where the schema has words of its own for a choice between shapes. */
function describeMissing(issue: Issue): string {
  const isOwn = issue.code === 'invalid_union' && !isOfLibrary(issue);
  return isOwn ? `is missing: ${lowerFirst(issue.message)}` : 'is missing';
}

function isOfLibrary({ message }: Issue): boolean {
  return message.startsWith('Invalid ');
}

/** The schema's own words, but for the two cases in which the library speaks of its types instead of the file. */
function describeIssue(issue: Issue): string {
  if (issue.code === 'invalid_value' && issue.values && isOfLibrary(issue))
    return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
  if (issue.code === 'invalid_type' && issue.expected !== undefined && isOfLibrary(issue))
    return `must be ${article(issue.expected)} ${TYPE_NAMES[issue.expected] ?? issue.expected}`;
  return lowerFirst(issue.message);
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  object: 'mapping',
  record: 'mapping',
  array: 'list',
  int: 'whole number',
};

function article(expected: string): string {
  return /^[aeiou]/.test(TYPE_NAMES[expected] ?? expected) ? 'an' : 'a';
}

function depth(issues: readonly Issue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length + (issue.code === 'unrecognized_keys' ? 1 : 0)));
}

/** Offset of the value at a path, or of the nearest parent that is there. */
function offsetOf(root: Node | null, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = root;
  let offset = root?.range?.[0];
  for (const part of path) {
    const pair = isMap(node) ? node.items.find((item) => keyText(item.key) === String(part)) : undefined;
    const next = pair ? pair.value : isSeq(node) ? node.items[Number(part)] : undefined;
    if (pair && isScalar(pair.key)) offset = pair.key.range?.[0] ?? offset;
    if (next === undefined || next === null || isAlias(next)) return offset;
    node = next;
    offset = (next as Node).range?.[0] ?? offset;
  }
  return offset;
}

function keyOffset(root: Node | null, path: readonly PropertyKey[], key: string): number | undefined {
  let node: unknown = root;
  for (const part of path) {
    node = isMap(node)
      ? node.items.find((item) => keyText(item.key) === String(part))?.value
      : isSeq(node)
        ? node.items[Number(part)]
        : undefined;
  }
  if (!isMap(node)) return offsetOf(root, path);
  const found = node.items.find((item) => keyText(item.key) === key)?.key;
  return isScalar(found) ? (found.range?.[0] ?? undefined) : undefined;
}

function keyText(key: unknown): string {
  return isScalar(key) ? String(key.value) : String(key);
}

/** The keys that a strict object accepts at a path, read from the schema's own shape. */
function knownKeys(schema: ZodType, path: readonly PropertyKey[]): readonly string[] {
  let candidates: readonly SchemaNode[] = [schema as unknown as SchemaNode];
  for (const part of path) candidates = candidates.flatMap((candidate) => childrenOf(candidate, part));
  const keys = candidates
    .flatMap((candidate) => unwrap(candidate))
    .flatMap((node) => Object.keys(node.def.shape ?? {}));
  return [...new Set(keys)];
}

interface SchemaNode {
  readonly def: {
    readonly type: string;
    readonly shape?: { readonly [key: string]: SchemaNode };
    readonly element?: SchemaNode;
    readonly valueType?: SchemaNode;
    readonly innerType?: SchemaNode;
    readonly in?: SchemaNode;
    readonly options?: readonly SchemaNode[];
  };
}

function unwrap(node: SchemaNode): readonly SchemaNode[] {
  const inner = node.def.innerType ?? node.def.in;
  if (inner) return unwrap(inner);
  return node.def.options ? node.def.options.flatMap((option) => unwrap(option)) : [node];
}

function childrenOf(node: SchemaNode, part: PropertyKey): readonly SchemaNode[] {
  return unwrap(node).flatMap(({ def }) => {
    const child = def.shape?.[String(part)] ?? def.element ?? def.valueType;
    return child ? [child] : [];
  });
}

function firstLine(text: string): string {
  return (text.split('\n')[0] ?? text).replace(/ at line \d+, column \d+:?$/, '');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
