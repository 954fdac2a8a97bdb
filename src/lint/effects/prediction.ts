import type { RelationName } from '../../sql/index.ts';
import type { SqlNode, SqlParser } from '../../system/index.ts';
import type { ModelTable, SchemaModel } from '../schema-model/schema-model.ts';
import type { ServerVersion } from '../server-version.ts';
import type { EffectCollector } from './collect-effects.ts';

/** What the parts of a prediction share. */
export interface Prediction {
  /** Before the statement. */
  readonly schema: SchemaModel;
  readonly server: ServerVersion;
  readonly isTimeZoneUtc: boolean;
  /** Left out, bodies of DO and of functions cannot be told. */
  readonly parser?: SqlParser;
  readonly found: EffectCollector;
  /** Functions whose bodies are being read: one that calls itself ends there. */
  readonly calling: readonly string[];
  /** What statements before this one in the same body have made: nobody else can feel what happens to it. */
  readonly made: readonly RelationName[];
  /** Adds what one statement does. It is here for the statements inside of bodies. */
  predictStatement(prediction: Prediction, node: SqlNode): void;
}

/** A relation that is there, as far as the schema tells. */
export interface ResolvedRelation {
  readonly id: string;
  readonly table: ModelTable | undefined;
}

/** `undefined`: there is no such relation. One that the model has not seen is taken to be in `public`. */
export function resolveRelation(
  { schema, made }: Prediction,
  name: RelationName | undefined,
): ResolvedRelation | undefined {
  if (!name || made.some((each) => each.name === name.name && each.schema === name.schema)) return undefined;
  const table = schema.findTable(name);
  if (table) return { id: table.id, table };
  return schema.isComplete ? undefined : { id: `${name.schema ?? 'public'}.${name.name}`, table: undefined };
}

/** The partitions and inheritors of a table, at every depth, without itself. */
export function descendants(schema: SchemaModel, id: string): readonly ModelTable[] {
  const found = new Map<string, ModelTable>();
  const wanted = new Set([id]);
  const children = [...schema.heirs()];
  for (let grown = -1; grown !== wanted.size; ) {
    grown = wanted.size;
    for (const child of children) {
      if (!child.parents.some((parent) => wanted.has(parent)) || child.id === id) continue;
      wanted.add(child.id);
      found.set(child.id, child);
    }
  }
  return [...found.values()];
}

/**
 * The relations with rows of their own that a command on a table reaches: itself and, unless `ONLY` limits it, its partitions and
 * inheritors. A partitioned table has no rows.
 */
export function storedTables(
  schema: SchemaModel,
  relation: ResolvedRelation,
  reach: 'only' | 'partitions' | 'tree',
): readonly ResolvedRelation[] {
  const below = reach === 'only' ? [] : descendants(schema, relation.id);
  const all = [
    relation,
    ...below
      .filter(({ isPartition }) => reach === 'tree' || isPartition)
      .map((table): ResolvedRelation => ({ id: table.id, table })),
  ];
  return all.filter(({ table }) => table?.kind !== 'partitioned' && table?.kind !== 'foreign table');
}

/** Marks a table as written anew, with the indexes that the model knows. */
export function rewriteTable(prediction: Prediction, { id, table }: ResolvedRelation): void {
  prediction.found.rewrite(id, table && table.indexes.size === 0 ? 'no' : 'yes');
}
