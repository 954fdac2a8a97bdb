import type { DoomedObject } from '../model/index.ts';
import { compareSchemas, type Schema, type SchemaChange } from '../schema/index.ts';

export interface ContractionOptions {
  /** The schema as it is, and as the contract files leave it: both copies, so that nothing else differs. */
  readonly before: Schema;
  readonly after: Schema;
  /** What the files name; see `collectWords`. */
  readonly words: ReadonlySet<string>;
}

/** What the contract files of one database do to it. */
export interface Contraction {
  /** Tables and columns that go; a column of a table that goes is not listed. */
  readonly doomed: readonly DoomedObject[];
  /** Everything that goes, or that a client of before may not be able to work with any more. */
  readonly changes: readonly ContractChange[];
  /** Raw names of what goes and could be asked for by its name. */
  readonly names: readonly string[];
}

/** Nobody asks for these by name: they go on working unseen, or do not. */
const UNASKED: readonly SchemaChange['kind'][] = [
  'constraint',
  'index',
  'trigger',
  'policy',
  'rule',
  'domain constraint',
  'statistics',
  'privileges',
  'default privileges',
];

export interface ContractChange {
  readonly kind: SchemaChange['kind'];
  /** Qualified: `public.orders`, `public.orders.total`. */
  readonly name: string;
  readonly change: 'removed' | 'changed';
  /** What it means to a client of before, in words. */
  readonly reason: string;
  /** False for what goes although no file names it, such as by CASCADE. */
  readonly isNamed: boolean;
  /** Set when it is a table or a column that goes. */
  readonly doomed?: DoomedObject;
}

/** Compares the two copies. A pure function of what was loaded. */
export function findContraction({ before, after, words }: ContractionOptions): Contraction {
  const changes = compareSchemas(before, after).filter(isContraction);
  const removed = new Set(changes.filter(({ change }) => change === 'removed').map(({ name }) => name));
  const goesAlong = (change: SchemaChange) => isPartOfRemoved(change, { before, removed });
  const doomedBy = (change: SchemaChange) => (change.change === 'removed' ? describeDoomed(change, before) : undefined);
  return {
    doomed: changes.flatMap((change) => doomedBy(change) ?? []),
    names: [
      ...new Set(
        changes
          .filter(({ change, kind }) => change === 'removed' && !UNASKED.includes(kind))
          .map((change) => rawName(change)),
      ),
    ],
    changes: changes.map((change) => {
      const doomed = doomedBy(change);
      return {
        kind: change.kind,
        name: change.name,
        change: change.change === 'removed' ? 'removed' : 'changed',
        reason: change.reason,
        isNamed: words.has(rawName(change)) || words.has(rawName(change).toLowerCase()) || goesAlong(change),
        ...(doomed ? { doomed } : {}),
      };
    }),
  };
}

/** What is new takes nothing away, unless it forbids what was allowed. */
function isContraction({ change, impact }: SchemaChange): boolean {
  return change === 'removed' || impact === 'breaks';
}

function rawName({ objects, name }: SchemaChange): string {
  const object = objects.before ?? objects.after;
  return object !== null && 'name' in object && typeof object.name === 'string' ? object.name : name;
}

function describeDoomed(change: SchemaChange, before: Schema): DoomedObject | undefined {
  if (change.kind === 'table' && change.objects.before) {
    const { schema, name } = change.objects.before;
    return { kind: 'table', schema, table: name };
  }
  const table = change.kind === 'column' && change.of !== null ? before.tables[change.of] : undefined;
  if (change.kind !== 'column' || !change.objects.before || !table) return undefined;
  return { kind: 'column', schema: table.schema, table: table.name, column: change.objects.before.name };
}

interface Removed {
  readonly before: Schema;
  readonly removed: ReadonlySet<string>;
}

/** Partitions and heirs go with their table, a sequence with its column: naming the one names the other. */
function isPartOfRemoved(change: SchemaChange, { before, removed }: Removed): boolean {
  if (change.of !== null && removed.has(change.of)) return true;
  if (change.kind === 'sequence') {
    const owner = change.objects.before?.ownedBy;
    return owner != null && (removed.has(owner.table) || [...removed].some((name) => isColumn(name, owner)));
  }
  if (change.kind === 'table') {
    const parents = parentsOf(before, change.name);
    return parents.some((parent) => removed.has(parent));
  }
  if (change.of === null || change.name.length <= change.of.length) return false;
  // The same column, constraint or index of the table that it comes from.
  const own = change.name.slice(change.of.length);
  return parentsOf(before, change.of).some((parent) => removed.has(`${parent}${own}`));
}

function isColumn(name: string, owner: { readonly table: string; readonly column: string }): boolean {
  return name === `${owner.table}.${owner.column}` || name === `${owner.table}."${owner.column.replaceAll('"', '""')}"`;
}

function parentsOf(schema: Schema, name: string): readonly string[] {
  const table = schema.tables[name];
  return table ? [...(table.partitionOf === null ? [] : [table.partitionOf]), ...table.inherits] : [];
}
