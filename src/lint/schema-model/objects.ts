import { type RelationName, relationFromParts, relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import type { ModelObject, ObjectKind, ObjectName } from './schema-model.ts';
import { date, type ModelState } from './state.ts';

/** Remembers the statement that made something whose shape the model does not follow. It is not forgotten when it is dropped. */
export function rememberObject(state: ModelState, node: SqlNode): void {
  const made = madeBy(node);
  if (!made) return;
  const key = keyOf(state, made.kind, made.name);
  const old = state.objects.get(key);
  if (old && made.mode === 'if missing') return;
  state.objects.set(key, date(state, { node }, made.mode === 'replace' ? bornIn(old) : undefined));
}

export function findObject(state: ModelState, kind: ObjectKind, name: ObjectName): ModelObject | undefined {
  return state.objects.get(keyOf(state, kind, name));
}

function bornIn(object: ModelObject | undefined): string | undefined {
  return object && 'born' in object ? String(object.born) : undefined;
}

function keyOf(state: ModelState, kind: ObjectKind, { schema, name, table }: ObjectName): string {
  const qualify = (part: RelationName) => `${part.schema ?? state.currentSchema}.${part.name}`;
  if (table) return `${kind} ${qualify(table)} ${name}`;
  return kind === 'schema' || kind === 'extension'
    ? `${kind} ${name}`
    : `${kind} ${qualify({ ...(schema === undefined ? {} : { schema }), name })}`;
}

interface Made {
  readonly kind: ObjectKind;
  readonly name: ObjectName;
  /** What happens to one of that name that is there. */
  readonly mode: 'only new' | 'replace' | 'if missing';
}

function madeBy(node: SqlNode): Made | undefined {
  if ('CreateSeqStmt' in node) {
    const { sequence, if_not_exists: mayExist } = node.CreateSeqStmt;
    return named('sequence', relationName(sequence), mayExist ? 'if missing' : 'only new');
  }
  if ('CreateSchemaStmt' in node) {
    const { schemaname: name = '', if_not_exists: mayExist } = node.CreateSchemaStmt;
    return named('schema', { name }, mayExist ? 'if missing' : 'only new');
  }
  if ('CreateExtensionStmt' in node) {
    const { extname: name = '', if_not_exists: mayExist } = node.CreateExtensionStmt;
    return named('extension', { name }, mayExist ? 'if missing' : 'only new');
  }
  if ('ViewStmt' in node) return named('view', relationName(node.ViewStmt.view), replaces(node.ViewStmt));
  if ('CreateFunctionStmt' in node) {
    const { funcname } = node.CreateFunctionStmt;
    return named('function', relationFromParts(funcname), replaces(node.CreateFunctionStmt));
  }
  return madeOnTable(node);
}

function madeOnTable(node: SqlNode): Made | undefined {
  if ('CreatePolicyStmt' in node) {
    const { policy_name: name, table } = node.CreatePolicyStmt;
    return ofTable('policy', name, { table: relationName(table), mode: 'only new' });
  }
  if ('CreateTrigStmt' in node) {
    const { trigname, relation } = node.CreateTrigStmt;
    return ofTable('trigger', trigname, { table: relationName(relation), mode: replaces(node.CreateTrigStmt) });
  }
  if ('RuleStmt' in node) {
    const { rulename, relation } = node.RuleStmt;
    return ofTable('rule', rulename, { table: relationName(relation), mode: replaces(node.RuleStmt) });
  }
  return undefined;
}

function replaces({ replace = false }: { readonly replace?: boolean }): Made['mode'] {
  return replace ? 'replace' : 'only new';
}

function named(kind: ObjectKind, name: RelationName | undefined, mode: Made['mode']): Made | undefined {
  return name && { kind, name, mode };
}

function ofTable(
  kind: ObjectKind,
  name: string | undefined,
  { table, mode }: { readonly table: RelationName | undefined; readonly mode: Made['mode'] },
): Made | undefined {
  return name === undefined || !table ? undefined : { kind, name: { name, table }, mode };
}
