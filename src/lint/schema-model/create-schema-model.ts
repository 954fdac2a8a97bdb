import { relationFromParts, relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { alterTable } from './alter-table.ts';
import { createFromQuery, createIndex, createTable, createTrigger } from './create-relation.ts';
import { findObject, rememberObject } from './objects.ts';
import {
  addDomain,
  addFunction,
  addType,
  alterDomain,
  alterEnum,
  changeSchema,
  drop,
  followSetting,
  rename,
} from './other-objects.ts';
import type { SchemaModel } from './schema-model.ts';
import { createModelState, heirs, lookUp, type ModelState, qualify } from './state.ts';

/** A model that follows the statements of a folder, one after another. It is read between them and changes with the next one. */
export interface SchemaModelBuilder {
  readonly model: SchemaModel;
  /** What is made from now on belongs to this group (a file, or the files of a release) and is new while the group lasts. */
  startGroup(group: string): void;
  /** A new file is a new session: its settings do not last. */
  startFile(): void;
  apply(node: SqlNode): void;
}

export function createSchemaModel(options: { readonly isComplete?: boolean } = {}): SchemaModelBuilder {
  const state = createModelState();
  const model: SchemaModel = {
    isComplete: options.isComplete ?? false,
    findTable: (name) => lookUp(state, state.tables, name),
    findIndex(name) {
      for (const table of state.tables.values()) {
        const index = table.indexes.get(name.name);
        if (index && (name.schema === undefined || name.schema === table.schema)) return index;
      }
      return undefined;
    },
    findType: (name) => lookUp(state, state.types, name),
    findFunction: (name) => lookUp(state, state.functions, name) ?? [],
    findObject: (kind, name) => findObject(state, kind, name),
    isNew: (born) => born === state.group,
    tables: () => state.tables.values(),
    heirs: () => heirs(state),
  };
  return {
    model,
    startGroup: (group) => {
      state.group = group;
    },
    startFile: () => {
      state.currentSchema = 'public';
    },
    apply: (node) => {
      applyStatement(state, node);
      rememberObject(state, node);
    },
  };
}

/** A kind of statement changes the model in one way; kinds that are not here change nothing that rules ask for. */
function applyStatement(state: ModelState, node: SqlNode): void {
  if ('CreateStmt' in node) createTable(state, node.CreateStmt, false);
  else if ('CreateForeignTableStmt' in node) createTable(state, node.CreateForeignTableStmt.base ?? {}, true);
  else if ('AlterTableStmt' in node) alterTable(state, node.AlterTableStmt);
  else if ('IndexStmt' in node) createIndex(state, node.IndexStmt);
  else if ('DropStmt' in node) drop(state, node.DropStmt);
  else if ('RenameStmt' in node) rename(state, node.RenameStmt);
  else if ('AlterObjectSchemaStmt' in node) changeSchema(state, node.AlterObjectSchemaStmt);
  else if ('ViewStmt' in node) {
    const { view, query, replace = false } = node.ViewStmt;
    createFromQuery(state, relationName(view), { kind: 'view', query, replace });
  } else if ('CreateTableAsStmt' in node) {
    const { into, query, objtype, if_not_exists: mayExist } = node.CreateTableAsStmt;
    const name = relationName(into?.rel);
    const isThere = mayExist && name && state.tables.has(qualify(state, name));
    const kind = objtype === 'OBJECT_MATVIEW' ? 'materialised view' : 'table';
    if (!isThere) createFromQuery(state, name, { kind, query });
  } else if ('CreateTrigStmt' in node) createTrigger(state, node.CreateTrigStmt);
  else if ('VariableSetStmt' in node) followSetting(state, node.VariableSetStmt);
  else if ('CreateSchemaStmt' in node) {
    for (const element of node.CreateSchemaStmt.schemaElts ?? []) applyStatement(state, element);
  } else applyType(state, node);
}

function applyType(state: ModelState, node: SqlNode): void {
  if ('CreateEnumStmt' in node) {
    const { vals = [], typeName } = node.CreateEnumStmt;
    const values = vals.flatMap((item) => ('String' in item ? [item.String.sval ?? ''] : []));
    addType(state, relationFromParts(typeName), { kind: 'enum', values });
  } else if ('CreateDomainStmt' in node) addDomain(state, node.CreateDomainStmt);
  else if ('CompositeTypeStmt' in node) {
    addType(state, relationName(node.CompositeTypeStmt.typevar), { kind: 'composite' });
  } else if ('CreateRangeStmt' in node) {
    addType(state, relationFromParts(node.CreateRangeStmt.typeName), { kind: 'range' });
  } else if ('AlterEnumStmt' in node) alterEnum(state, node.AlterEnumStmt);
  else if ('AlterDomainStmt' in node) alterDomain(state, node.AlterDomainStmt);
  else if ('CreateFunctionStmt' in node) addFunction(state, node.CreateFunctionStmt);
}
