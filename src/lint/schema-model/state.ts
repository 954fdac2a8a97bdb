import type { RelationName } from '../../sql/index.ts';
import type {
  ModelColumn,
  ModelConstraint,
  ModelFunction,
  ModelIndex,
  ModelObject,
  ModelTable,
  ModelType,
} from './schema-model.ts';

/** A table while the model is being built. `born` is the group of files that made it. */
export interface TableState
  extends Omit<ModelTable, 'columns' | 'constraints' | 'droppedConstraints' | 'indexes' | 'parents' | 'triggers'> {
  id: string;
  schema: string;
  name: string;
  kind: ModelTable['kind'];
  readonly born: string;
  columns: Map<string, ModelColumn>;
  constraints: Map<string, ModelConstraint>;
  droppedConstraints: Map<string, ModelConstraint>;
  indexes: Map<string, Dated<ModelIndex>>;
  parents: string[];
  isPartition: boolean;
  isDefaultPartition?: boolean;
  partitionKey?: readonly string[];
  isUnlogged?: boolean;
  triggers: Set<string>;
  hasRowSecurity: boolean;
  isCertain: boolean;
}

/** Something with the group that made it; it is new for as long as that group is being read. */
export type Dated<T> = T & { readonly born: string };

export function date<T extends object>(state: ModelState, value: T, born = state.group): Dated<T & { isNew: boolean }> {
  return {
    ...value,
    born,
    get isNew() {
      return born === state.group;
    },
  };
}

/** The model while it is being built. */
export interface ModelState {
  /** Every table that has ever had a parent. */
  readonly inheriting: Set<TableState>;
  readonly tables: Map<string, TableState>;
  readonly types: Map<string, Dated<ModelType>>;
  readonly functions: Map<string, readonly Dated<ModelFunction>[]>;
  /** By kind, table and name. */
  readonly objects: Map<string, ModelObject>;
  /** What is made now belongs to this group: a file, or all files of a release. */
  group: string;
  /** Where unqualified names are made. */
  currentSchema: string;
}

export function createModelState(): ModelState {
  return {
    tables: new Map(),
    types: new Map(),
    functions: new Map(),
    objects: new Map(),
    inheriting: new Set(),
    group: '',
    currentSchema: 'public',
  };
}

export function qualify(state: ModelState, name: RelationName): string {
  return `${name.schema ?? state.currentSchema}.${name.name}`;
}

/** By its schema; without one in the current schema, then in `public`, then wherever there is exactly one of that name. */
export function lookUp<T>(state: ModelState, map: ReadonlyMap<string, T>, name: RelationName): T | undefined {
  if (name.schema !== undefined) return map.get(`${name.schema}.${name.name}`);
  const near = map.get(`${state.currentSchema}.${name.name}`) ?? map.get(`public.${name.name}`);
  if (near !== undefined) return near;
  const ending = `.${name.name}`;
  let found: string | undefined;
  for (const id of map.keys()) {
    if (!id.endsWith(ending)) continue;
    if (found !== undefined) return undefined;
    found = id;
  }
  return found === undefined ? undefined : map.get(found);
}

export function addTable(state: ModelState, name: RelationName, kind: ModelTable['kind']): TableState {
  const id = qualify(state, name);
  const born = state.group;
  const table: TableState = {
    id,
    schema: id.slice(0, id.length - name.name.length - 1),
    name: name.name,
    kind,
    born,
    get isNew() {
      return born === state.group;
    },
    columns: new Map(),
    constraints: new Map(),
    droppedConstraints: new Map(),
    indexes: new Map(),
    parents: [],
    isPartition: false,
    triggers: new Set(),
    hasRowSecurity: false,
    isCertain: true,
  };
  state.tables.set(id, table);
  return table;
}

/** The tables that have a parent. Few tables do, and all of them are asked for often. */
export function heirs(state: ModelState): readonly TableState[] {
  return [...state.inheriting].filter((table) => table.parents.length > 0 && state.tables.get(table.id) === table);
}

/** The table's partitions and inheritors, at every depth. */
export function descendants(state: ModelState, id: string): readonly TableState[] {
  const children = heirs(state).filter(({ parents }) => parents.includes(id));
  return children.flatMap((child) => [child, ...descendants(state, child.id)]);
}

/** Gives a table another id, and everything that points at it. */
export function moveTable(
  state: ModelState,
  table: TableState,
  to: { readonly schema: string; readonly name: string },
): void {
  const from = table.id;
  state.tables.delete(from);
  table.schema = to.schema;
  table.name = to.name;
  table.id = `${to.schema}.${to.name}`;
  state.tables.set(table.id, table);
  for (const other of state.tables.values()) {
    other.parents = other.parents.map((parent) => (parent === from ? table.id : parent));
    for (const [name, constraint] of other.constraints) {
      if (constraint.references === from) other.constraints.set(name, { ...constraint, references: table.id });
    }
    for (const [name, index] of other.indexes) {
      if (index.table === from) other.indexes.set(name, date(state, { ...index, table: table.id }, index.born));
    }
  }
}

export function removeTable(state: ModelState, table: TableState): void {
  for (const child of descendants(state, table.id)) if (child.isPartition) state.tables.delete(child.id);
  state.tables.delete(table.id);
  for (const other of state.tables.values()) {
    for (const [name, constraint] of other.constraints) {
      if (constraint.references === table.id) other.constraints.delete(name);
    }
  }
}
