import { type RelationName, relationFromParts, relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import type { ObjectKind, ObjectName } from '../schema-model/schema-model.ts';
import type { Subject } from './rule.ts';
import { describeRelation } from './statement-parts.ts';
import { textOf } from './trees.ts';

/** Something that a statement names. Triggers, policies and rules belong to a table. */
export interface NamedObject {
  /** As the parser calls it, such as `OBJECT_TABLE`. */
  readonly kind: string;
  readonly name: ObjectName;
}

const OF_TABLES = ['OBJECT_TRIGGER', 'OBJECT_POLICY', 'OBJECT_RULE'];
const RELATIONS = ['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_FOREIGN_TABLE'];
const TYPES = ['OBJECT_TYPE', 'OBJECT_DOMAIN'];
const FUNCTIONS = ['OBJECT_FUNCTION', 'OBJECT_PROCEDURE', 'OBJECT_ROUTINE', 'OBJECT_AGGREGATE'];
const OTHERS: Readonly<Record<string, ObjectKind>> = {
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_SCHEMA: 'schema',
  OBJECT_EXTENSION: 'extension',
  OBJECT_POLICY: 'policy',
  OBJECT_TRIGGER: 'trigger',
  OBJECT_RULE: 'rule',
};

/** What a `DROP` of these kinds takes away that somebody may use. */
export function droppedObjects(subject: Subject, kinds: readonly string[]): readonly NamedObject[] {
  const { node, schema } = subject;
  if (!('DropStmt' in node) || !kinds.includes(node.DropStmt.removeType ?? '')) return [];
  const { removeType: kind = '', objects = [], missing_ok: mayBeMissing } = node.DropStmt;
  const named = objects.flatMap((object): readonly NamedObject[] => {
    const name = nameOf(kind, object);
    return name ? [{ kind, name }] : [];
  });
  return named.filter((object) => {
    if (RELATIONS.includes(kind) && mayBeMissing && schema.isComplete && !schema.findTable(object.name)) return false;
    return isOldObject(subject, object);
  });
}

function nameOf(kind: string, object: SqlNode): ObjectName | undefined {
  const parts = partsOf(object);
  if (!OF_TABLES.includes(kind)) return relationFromParts(parts);
  const table = relationFromParts(parts?.slice(0, -1));
  const name = textOf(parts?.at(-1));
  return table && name !== undefined ? { name, table } : undefined;
}

function partsOf(object: SqlNode): readonly SqlNode[] | undefined {
  if ('List' in object) return object.List.items;
  if ('TypeName' in object) return object.TypeName.names;
  if ('ObjectWithArgs' in object) return object.ObjectWithArgs.objname;
  return 'String' in object ? [object] : undefined;
}

/** Whether somebody may use it already. What no file has made was there before. */
export function isOldObject({ schema }: Subject, { kind, name }: NamedObject): boolean {
  if (name.table && schema.findTable(name.table)?.isNew) return false;
  if (RELATIONS.includes(kind)) return schema.findTable(name)?.isNew !== true;
  if (kind === 'OBJECT_INDEX') return schema.findIndex(name)?.isNew !== true;
  if (TYPES.includes(kind)) return schema.findType(name)?.isNew !== true;
  if (FUNCTIONS.includes(kind)) {
    const known = schema.findFunction(name);
    return known.length === 0 || known.some(({ isNew }) => !isNew);
  }
  const other = OTHERS[kind];
  return other === undefined || schema.findObject(other, name)?.isNew !== true;
}

/** What a `RENAME` or `SET SCHEMA` is about, when somebody may use it. */
export function movedObject(subject: Subject): NamedObject | undefined {
  const { node } = subject;
  const found =
    'RenameStmt' in node
      ? moved(node.RenameStmt, node.RenameStmt.renameType)
      : 'AlterObjectSchemaStmt' in node
        ? moved(node.AlterObjectSchemaStmt, node.AlterObjectSchemaStmt.objectType)
        : undefined;
  return found && isOldObject(subject, found) ? found : undefined;
}

interface Moved {
  readonly relation?: Parameters<typeof relationName>[0];
  readonly object?: SqlNode;
  readonly subname?: string;
}

function moved({ relation, object, subname }: Moved, kind = ''): NamedObject | undefined {
  if (kind === 'OBJECT_SCHEMA') return { kind, name: { name: subname ?? '' } };
  const name = relationName(relation) ?? relationFromParts(object && partsOf(object));
  if (!name) return undefined;
  return OF_TABLES.includes(kind) ? { kind, name: { name: subname ?? '', table: name } } : { kind, name };
}

/** Whether two names mean the same, as far as they tell. */
export function isSameName(a: RelationName | undefined, b: RelationName | undefined): boolean {
  return a !== undefined && b !== undefined && a.name === b.name && (a.schema ?? 'public') === (b.schema ?? 'public');
}

const NOUNS: Readonly<Record<string, string>> = {
  OBJECT_MATVIEW: 'materialised view',
  OBJECT_FOREIGN_TABLE: 'foreign table',
};

/** `the view a.b`, `the trigger t on orders`. */
export function describeObject({ kind, name }: NamedObject): string {
  const noun = NOUNS[kind] ?? kind.replace('OBJECT_', '').toLowerCase().replaceAll('_', ' ');
  return name.table
    ? `the ${noun} ${name.name} on ${describeRelation(name.table)}`
    : `the ${noun} ${describeRelation(name)}`;
}
