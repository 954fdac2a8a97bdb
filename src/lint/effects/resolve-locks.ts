import { type LockTarget, type RelationName, relationName } from '../../sql/index.ts';
import { measuredLock } from '../facts/facts.ts';
import type { ModelConstraint, ModelTable, SchemaModel } from '../schema-model/schema-model.ts';
import { descendants, type Prediction, type ResolvedRelation, resolveRelation } from './prediction.ts';

/** Takes each lock of a statement on every relation that its scope reaches. */
export function resolveLocks(prediction: Prediction, targets: readonly LockTarget[]): void {
  for (const target of targets) {
    for (const id of reach(prediction, target)) prediction.found.lock(id, target.mode);
  }
}

function reach(prediction: Prediction, target: LockTarget): readonly string[] {
  const { schema, found } = prediction;
  if (target.scope === 'type') return tablesOfType(prediction, target.relation);
  if (target.scope === 'index') {
    const index = schema.findIndex(target.relation);
    if (!index && !schema.isComplete) found.unknown(`which table the index ${target.relation.name} belongs to`);
    if (!index) return [];
    const table = resolveRelation(prediction, tableName(index.table));
    return table ? family(schema, table, 'partitions') : [];
  }
  const relation = resolveRelation(prediction, target.relation);
  if (!relation) return [];
  switch (target.scope) {
    case 'only':
      return [relation.id];
    case 'partitions':
    case 'tree':
      return family(schema, relation, target.scope);
    case 'drop':
      return [...family(schema, relation, 'partitions'), ...besides(prediction, relation)];
    case 'cascade':
      return cascade(schema, relation);
    case 'referencing':
      // Differs by version: the effects of partitions add it by what was measured.
      return [];
    case 'references':
      return otherSides(prediction, 'drop-foreign-key-to-part', foreignKeys(relation.table));
    case 'default':
      return [...defaultPartition(schema, relation.id)];
    case 'constraint':
      return otherSides(
        prediction,
        'drop-foreign-key-to-part',
        foreignKeys(relation.table).filter(({ name }) => name === target.detail),
      );
    case 'column':
      return otherSides(
        prediction,
        'drop-column-to-part',
        foreignKeys(relation.table).filter(({ columns }) => columns.includes(target.detail ?? '')),
      );
  }
}

function family(schema: SchemaModel, { id }: ResolvedRelation, scope: 'partitions' | 'tree'): readonly string[] {
  const below = descendants(schema, id).filter(({ isPartition }) => scope === 'tree' || isPartition);
  return [id, ...below.map((child) => child.id)];
}

/** What the dropping of a table locks beside it: its parent, the default partition there, and both sides of its foreign keys. */
function besides(prediction: Prediction, relation: ResolvedRelation): readonly string[] {
  const { schema } = prediction;
  const { table, id } = relation;
  const parents = table?.isPartition ? table.parents : [];
  const inherited = new Set(parents.flatMap((parent) => [...(tableById(schema, parent)?.constraints.keys() ?? [])]));
  return [
    ...parents,
    ...parents.flatMap((parent) => defaultPartition(schema, parent)),
    ...otherSides(
      prediction,
      'drop-table-to-part',
      foreignKeys(table).filter(({ name }) => !inherited.has(name)),
    ),
    ...tablesReferencing(schema, family(schema, relation, 'partitions')).filter((other) => other !== id),
  ];
}

/** The tree, the tables whose foreign keys point at it, those that point at these, and so on; but no inheritors of these. */
function cascade(schema: SchemaModel, relation: ResolvedRelation): readonly string[] {
  const found = new Set(family(schema, relation, 'tree'));
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    const above = [...found].flatMap((id) => withPartitioned(schema, id));
    for (const id of tablesReferencing(schema, above)) {
      for (const each of family(schema, { id, table: undefined }, 'partitions')) found.add(each);
    }
  }
  return [...found];
}

/** The tables that foreign keys point at, with their partitions: each of them has its part of the key. */
function otherSides({ schema, server }: Prediction, form: string, keys: readonly ForeignKey[]): readonly string[] {
  // A partitioned table itself is not locked in every case.
  const isWhole = measuredLock(form, 'refd', server) !== undefined;
  const isEvery = measuredLock('drop-table-to-part', 'refd', server) !== undefined;
  return keys.flatMap(({ references }) => {
    const [own = references, ...below] = family(schema, { id: references, table: undefined }, 'partitions');
    const partitions = below.filter((id) => isEvery || tableById(schema, id)?.kind !== 'partitioned');
    return isWhole || below.length === 0 ? [own, ...partitions] : partitions;
  });
}

type ForeignKey = ModelConstraint & { readonly references: string };

export function foreignKeys(table: ModelTable | undefined): readonly ForeignKey[] {
  return [...(table?.constraints.values() ?? [])].filter(
    (constraint): constraint is ForeignKey => constraint.references !== undefined,
  );
}

/** A table and the partitioned ones above it: a key that points at these points at it too. */
export function withPartitioned(schema: SchemaModel, id: string): readonly string[] {
  const found = [id];
  for (const each of found) {
    const table = tableById(schema, each);
    if (table?.isPartition) found.push(...table.parents.filter((parent) => !found.includes(parent)));
  }
  return found;
}

/** Tables with a foreign key that points at one of the tables. */
export function tablesReferencing(schema: SchemaModel, ids: readonly string[]): readonly string[] {
  const found: string[] = [];
  for (const table of schema.tables()) {
    if (foreignKeys(table).some(({ references }) => ids.includes(references))) found.push(table.id);
  }
  return found;
}

export function defaultPartition(schema: SchemaModel, parent: string): readonly string[] {
  for (const table of schema.heirs()) {
    if (table.isDefaultPartition && table.parents.includes(parent)) return [table.id];
  }
  return [];
}

function tableById(schema: SchemaModel, id: string): ModelTable | undefined {
  return schema.findTable(tableName(id));
}

/** The name behind the id of a table in the model. */
export function tableName(id: string): RelationName {
  const dot = id.indexOf('.');
  return { schema: id.slice(0, dot), name: id.slice(dot + 1) };
}

/** Tables with a column of the type, or of an array of it. */
export function tablesOfType(prediction: Prediction, name: RelationName): readonly string[] {
  const { schema, found } = prediction;
  const type = schema.findType(name);
  if (!type && !schema.isComplete) found.unknown(`which tables have a column of the type ${name.name}`);
  const spelling = (type?.id ?? name.name).replace(/^public\./, '');
  const ids: string[] = [];
  for (const table of schema.tables()) {
    if (table.kind === 'view') continue;
    const uses = [...table.columns.values()].some((column) => column.type.replace(/\[\]$/, '') === spelling);
    if (uses) ids.push(table.id);
  }
  return ids;
}

/** The relation of a range in a list, such as `TRUNCATE` and `LOCK TABLE` have. */
export function relationOf(node: object): RelationName | undefined {
  return 'RangeVar' in node ? relationName(node.RangeVar as Parameters<typeof relationName>[0]) : undefined;
}
