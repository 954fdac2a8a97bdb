import { type RelationName, relationFromParts, relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { renameColumn } from './rename-column.ts';
import type { ModelFunction, ModelType } from './schema-model.ts';
import {
  type Dated,
  date,
  lookUp,
  type ModelState,
  moveTable,
  qualify,
  removeTable,
  type TableState,
} from './state.ts';
import { formatTypeName } from './type-name.ts';

type Statement<K extends string> = Extract<SqlNode, Record<K, unknown>>[K & keyof Extract<SqlNode, Record<K, unknown>>];

export function addType(
  state: ModelState,
  name: RelationName | undefined,
  type: Pick<ModelType, 'kind' | 'values' | 'baseType' | 'isConstrained' | 'constraints'>,
): void {
  if (!name) return;
  const id = qualify(state, name);
  state.types.set(id, date(state, { ...type, id }));
}

export function addDomain(state: ModelState, node: Statement<'CreateDomainStmt'>): void {
  const name = relationFromParts(node.domainname);
  let constraints: readonly string[] = [];
  for (const item of node.constraints ?? []) {
    if ('Constraint' in item) constraints = withConstraint(constraints, name?.name ?? '', item.Constraint);
  }
  const isConstrained = constraints.length > 0;
  addType(state, name, { kind: 'domain', baseType: formatTypeName(node.typeName), isConstrained, constraints });
}

const NOT_NULL = 'not null';

/** The names of a domain's constraints, with one more. Unnamed checks have the name that Postgres chooses. */
function withConstraint(
  constraints: readonly string[],
  domain: string,
  { contype, conname }: Statement<'Constraint'>,
): readonly string[] {
  if (contype === 'CONSTR_NOTNULL') return [...constraints.filter((name) => name !== NOT_NULL), NOT_NULL];
  if (contype !== 'CONSTR_CHECK') return constraints;
  let name = conname ?? `${domain}_check`;
  for (let count = 1; conname === undefined && constraints.includes(name); count += 1) name = `${domain}_check${count}`;
  return [...constraints, name];
}

export function alterDomain(state: ModelState, node: Statement<'AlterDomainStmt'>): void {
  const name = relationFromParts(node.typeName);
  const type = name ? lookUp(state, state.types, name) : undefined;
  if (!type) return;
  const before = type.constraints ?? [];
  const constraints = domainConstraints(before, type.id.slice(type.id.indexOf('.') + 1), node);
  replaceType(state, type, { constraints, isConstrained: constraints.length > 0 });
}

function domainConstraints(
  before: readonly string[],
  domain: string,
  { subtype, def, name }: Statement<'AlterDomainStmt'>,
): readonly string[] {
  switch (subtype) {
    case 'C':
      return def && 'Constraint' in def ? withConstraint(before, domain, def.Constraint) : before;
    case 'O':
      return [...before.filter((each) => each !== NOT_NULL), NOT_NULL];
    case 'N':
      return before.filter((each) => each !== NOT_NULL);
    case 'X':
      return before.filter((each) => each !== name);
    default:
      return before;
  }
}

export function alterEnum(state: ModelState, node: Statement<'AlterEnumStmt'>): void {
  const name = relationFromParts(node.typeName);
  const type = name ? lookUp(state, state.types, name) : undefined;
  const value = node.newVal;
  if (!type?.values || value === undefined) return;
  if (node.oldVal !== undefined) {
    replaceType(state, type, { values: type.values.map((old) => (old === node.oldVal ? value : old)) });
    return;
  }
  if (type.values.includes(value)) return;
  const neighbour = type.values.indexOf(node.newValNeighbor ?? '');
  const at = neighbour === -1 ? type.values.length : neighbour + (node.newValIsAfter ? 1 : 0);
  replaceType(state, type, { values: [...type.values.slice(0, at), value, ...type.values.slice(at)] });
}

function replaceType(state: ModelState, type: Dated<ModelType>, change: Partial<ModelType>): void {
  state.types.set(type.id, date(state, { ...type, ...change }, type.born));
}

export function addFunction(state: ModelState, node: Statement<'CreateFunctionStmt'>): void {
  const name = relationFromParts(node.funcname);
  if (!name) return;
  const id = qualify(state, name);
  const argumentTypes = (node.parameters ?? []).flatMap((item) =>
    'FunctionParameter' in item && !['FUNC_PARAM_OUT', 'FUNC_PARAM_TABLE'].includes(item.FunctionParameter.mode ?? '')
      ? [formatTypeName(item.FunctionParameter.argType)]
      : [],
  );
  const volatility = optionText(node.options, 'volatility') as ModelFunction['volatility'] | undefined;
  const language = optionText(node.options, 'language') ?? 'sql';
  const body = bodyOf(node.options);
  const added = date(state, {
    id,
    argumentTypes,
    volatility: volatility ?? 'volatile',
    language,
    ...(body === undefined ? {} : { body }),
  });
  const others = (state.functions.get(id) ?? []).filter(
    (other) => String(other.argumentTypes) !== String(argumentTypes),
  );
  state.functions.set(id, [...others, added]);
}

/** The text of `AS '…'`; the parser gives it in a list, with the symbol of a C function behind it. */
function bodyOf(options: readonly SqlNode[] | undefined): string | undefined {
  for (const option of options ?? []) {
    if (!('DefElem' in option) || option.DefElem.defname !== 'as') continue;
    const { arg } = option.DefElem;
    const first = arg && 'List' in arg ? arg.List.items?.[0] : arg;
    return first && 'String' in first ? first.String.sval : undefined;
  }
  return undefined;
}

function optionText(options: readonly SqlNode[] | undefined, name: string): string | undefined {
  for (const option of options ?? []) {
    if (!('DefElem' in option) || option.DefElem.defname !== name) continue;
    const { arg } = option.DefElem;
    return arg && 'String' in arg ? arg.String.sval : undefined;
  }
  return undefined;
}

export function drop(state: ModelState, node: Statement<'DropStmt'>): void {
  for (const object of node.objects ?? []) {
    const parts = nameParts(object);
    const name = relationFromParts(parts);
    if (!name) continue;
    switch (node.removeType) {
      case 'OBJECT_TABLE':
      case 'OBJECT_VIEW':
      case 'OBJECT_MATVIEW':
      case 'OBJECT_FOREIGN_TABLE': {
        const table = lookUp(state, state.tables, name);
        if (table) removeTable(state, table);
        break;
      }
      case 'OBJECT_INDEX':
        dropIndex(state, name);
        break;
      case 'OBJECT_TYPE':
      case 'OBJECT_DOMAIN':
        state.types.delete(lookUp(state, state.types, name)?.id ?? '');
        break;
      case 'OBJECT_FUNCTION':
      case 'OBJECT_PROCEDURE':
      case 'OBJECT_ROUTINE':
        state.functions.delete(qualify(state, name));
        break;
      case 'OBJECT_TRIGGER': {
        const table = relationFromParts(parts?.slice(0, -1));
        if (table) lookUp(state, state.tables, table)?.triggers.delete(name.name);
        break;
      }
      case 'OBJECT_SCHEMA':
        for (const table of [...state.tables.values()]) if (table.schema === name.name) state.tables.delete(table.id);
        break;
      default:
    }
  }
}

function nameParts(object: SqlNode): readonly SqlNode[] | undefined {
  if ('List' in object) return object.List.items;
  if ('TypeName' in object) return object.TypeName.names;
  return 'ObjectWithArgs' in object ? object.ObjectWithArgs.objname : undefined;
}

function dropIndex(state: ModelState, name: RelationName): void {
  for (const table of state.tables.values()) {
    if (name.schema === undefined || name.schema === table.schema) table.indexes.delete(name.name);
  }
}

export function rename(state: ModelState, node: Statement<'RenameStmt'>): void {
  const { relation, subname = '', newname = '', renameType = '' } = node;
  const parts = node.object && 'List' in node.object ? node.object.List.items : undefined;
  const name = relationName(relation) ?? relationFromParts(parts);
  if (!name) return;
  if (renameType === 'OBJECT_INDEX')
    for (const table of state.tables.values()) renameIndex(state, table, { from: name.name, to: newname });
  const table = lookUp(state, state.tables, name);
  if (!table) return;
  if (RELATIONS.has(renameType)) moveTable(state, table, { schema: table.schema, name: newname });
  if (renameType === 'OBJECT_COLUMN') renameColumn(state, table, { from: subname, to: newname });
  if (renameType === 'OBJECT_TABCONSTRAINT') {
    renameKey(table.constraints, subname, newname);
    renameIndex(state, table, { from: subname, to: newname });
  }
}

const RELATIONS = new Set(['OBJECT_TABLE', 'OBJECT_VIEW', 'OBJECT_MATVIEW', 'OBJECT_FOREIGN_TABLE']);

function renameKey<T extends { readonly name: string }>(map: Map<string, T>, from: string, to: string): void {
  const found = map.get(from);
  if (!found) return;
  map.delete(from);
  map.set(to, { ...found, name: to });
}

function renameIndex(
  state: ModelState,
  table: TableState,
  { from, to }: { readonly from: string; readonly to: string },
): void {
  const index = table.indexes.get(from);
  if (!index) return;
  table.indexes.delete(from);
  table.indexes.set(to, date(state, { ...index, name: to }, index.born));
}

export function changeSchema(state: ModelState, node: Statement<'AlterObjectSchemaStmt'>): void {
  const name = relationName(node.relation);
  const table = name ? lookUp(state, state.tables, name) : undefined;
  if (table && node.newschema !== undefined) moveTable(state, table, { schema: node.newschema, name: table.name });
}

/** `SET search_path` decides where unqualified names are made. */
export function followSetting(state: ModelState, node: Statement<'VariableSetStmt'>): void {
  if (node.name !== 'search_path') return;
  const first = node.args?.[0];
  const schema = first && 'A_Const' in first ? first.A_Const.sval?.sval : undefined;
  state.currentSchema = schema === undefined || schema === '' || schema === '$user' ? 'public' : schema;
}
