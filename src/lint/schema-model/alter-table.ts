import { relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { addColumn, type ColumnNode, changeColumn, dropProperty } from './columns.ts';
import { addConstraint, type ConstraintNode, names, setNotNull } from './constraints.ts';
import { copyIndex } from './create-relation.ts';
import { descendants, lookUp, type ModelState, type TableState } from './state.ts';
import { formatTypeName } from './type-name.ts';

type AlterTable = Extract<SqlNode, { AlterTableStmt: unknown }>['AlterTableStmt'];
type Command = Extract<SqlNode, { AlterTableCmd: unknown }>['AlterTableCmd'];

/** Commands that are not handed down to partitions and inheritors. */
const OWN_ONLY = new Set([
  'AT_EnableRowSecurity',
  'AT_DisableRowSecurity',
  'AT_AttachPartition',
  'AT_DetachPartition',
  'AT_AddInherit',
  'AT_DropInherit',
  'AT_SetLogged',
  'AT_SetUnLogged',
]);

export function alterTable(state: ModelState, node: AlterTable): void {
  const name = relationName(node.relation);
  const table = name ? lookUp(state, state.tables, name) : undefined;
  if (!table) return;
  for (const item of node.cmds ?? []) {
    if (!('AlterTableCmd' in item)) continue;
    const command = item.AlterTableCmd;
    const isHandedDown = node.relation?.inh === true && !OWN_ONLY.has(command.subtype ?? '');
    const reached: readonly TableState[] = isHandedDown ? [table, ...descendants(state, table.id)] : [table];
    for (const target of reached) {
      if (target === table || target.isPartition) applyCommand(state, target, command);
      else applyToHeir(state, target, command);
    }
  }
}

/** An inheritor gets columns and checks, but no key and no index. */
function applyToHeir(state: ModelState, heir: TableState, command: Command): void {
  const { def } = command;
  const isForHeirs = (node: ConstraintNode) => !KEYS.has(node.contype ?? '');
  if (def && 'Constraint' in def && command.subtype === 'AT_AddConstraint') {
    if (isForHeirs(def.Constraint)) applyCommand(state, heir, command);
    else if (def.Constraint.contype === 'CONSTR_PRIMARY') {
      for (const column of names(def.Constraint.keys)) setNotNull(heir, column);
    }
    return;
  }
  if (!def || !('ColumnDef' in def) || command.subtype !== 'AT_AddColumn') {
    applyCommand(state, heir, command);
    return;
  }
  const constraints = (def.ColumnDef.constraints ?? []).filter(
    (node) => 'Constraint' in node && isForHeirs(node.Constraint),
  );
  applyCommand(state, heir, { ...command, def: { ColumnDef: { ...def.ColumnDef, constraints } } });
}

const KEYS = new Set(['CONSTR_EXCLUSION', 'CONSTR_FOREIGN', 'CONSTR_PRIMARY', 'CONSTR_UNIQUE']);

function applyCommand(state: ModelState, table: TableState, command: Command): void {
  const { def, name } = command;
  switch (command.subtype) {
    case 'AT_AddColumn': {
      const isThere = def && 'ColumnDef' in def && command.missing_ok && table.columns.has(def.ColumnDef.colname ?? '');
      if (def && 'ColumnDef' in def && !isThere) addColumn(state, table, def.ColumnDef);
      break;
    }
    case 'AT_AddConstraint':
      if (def && 'Constraint' in def) addConstraint(state, table, def.Constraint);
      break;
    case 'AT_DropColumn':
      dropColumn(table, name ?? '');
      break;
    case 'AT_DropConstraint':
      dropConstraint(state, table, name ?? '');
      break;
    case 'AT_ValidateConstraint':
      validate(table, name ?? '');
      break;
    case 'AT_AttachPartition':
    case 'AT_DetachPartition':
      movePartition(state, table, command);
      break;
    case 'AT_AddInherit':
    case 'AT_DropInherit':
      changeInheritance(state, table, command);
      break;
    case 'AT_SetLogged':
    case 'AT_SetUnLogged':
      table.isUnlogged = command.subtype === 'AT_SetUnLogged';
      break;
    case 'AT_EnableRowSecurity':
    case 'AT_DisableRowSecurity':
      table.hasRowSecurity = command.subtype === 'AT_EnableRowSecurity';
      break;
    default:
      alterColumn(table, command);
  }
}

function alterColumn(table: TableState, { subtype, name, def }: Command): void {
  switch (subtype) {
    case 'AT_AlterColumnType':
      if (def && 'ColumnDef' in def) changeType(table, name, def.ColumnDef);
      break;
    case 'AT_SetNotNull':
      setNotNull(table, name ?? '');
      break;
    case 'AT_DropNotNull':
      changeColumn(table, name, { isNotNull: false });
      break;
    case 'AT_ColumnDefault':
      if (def) changeColumn(table, name, { defaultValue: def });
      else dropProperty(table, name, 'defaultValue');
      break;
    case 'AT_AddIdentity':
      changeColumn(table, name, { generated: 'identity' });
      break;
    case 'AT_DropIdentity':
    case 'AT_DropExpression':
      dropProperty(table, name, 'generated');
      break;
    default:
  }
}

/** The collation is that of the new type unless one is named. */
function changeType(table: TableState, name: string | undefined, def: ColumnNode): void {
  const collation = names(def.collClause?.collname).at(-1);
  dropProperty(table, name, 'collation');
  changeColumn(table, name, {
    type: formatTypeName(def.typeName),
    ...(collation === undefined ? {} : { collation }),
  });
}

function dropColumn(table: TableState, name: string): void {
  table.columns.delete(name);
  for (const [key, constraint] of table.constraints)
    if (constraint.columns.includes(name)) table.constraints.delete(key);
  for (const [key, index] of table.indexes) if (index.columns.includes(name)) table.indexes.delete(key);
}

function dropConstraint(state: ModelState, table: TableState, name: string): void {
  const constraint = table.constraints.get(name);
  if (constraint) table.droppedConstraints.set(name, { ...constraint, born: state.group });
  table.constraints.delete(name);
  table.indexes.delete(name);
}

function validate(table: TableState, name: string): void {
  const constraint = table.constraints.get(name);
  if (!constraint) return;
  table.constraints.set(name, { ...constraint, isValid: true });
  if (constraint.kind === 'not null') for (const column of constraint.columns) setNotNull(table, column);
}

function movePartition(state: ModelState, parent: TableState, { subtype, def }: Command): void {
  const name = def && 'PartitionCmd' in def ? relationName(def.PartitionCmd.name) : undefined;
  const isDefault = def !== undefined && 'PartitionCmd' in def && def.PartitionCmd.bound?.is_default === true;
  const child = name ? lookUp(state, state.tables, name) : undefined;
  if (!child) return;
  const isAttach = subtype === 'AT_AttachPartition';
  state.inheriting.add(child);
  child.isPartition = isAttach;
  child.isDefaultPartition = isAttach && isDefault;
  child.parents = isAttach ? [...child.parents, parent.id] : child.parents.filter((id) => id !== parent.id);
  if (isAttach) for (const part of [child, ...descendants(state, child.id)]) takeOver(state, parent, part);
}

/** A partition gets the indexes and foreign keys of its parent that it does not have. */
function takeOver(state: ModelState, parent: TableState, child: TableState): void {
  const isLike = (a: { readonly columns: readonly string[] }, b: { readonly columns: readonly string[] }) =>
    String(a.columns) === String(b.columns);
  for (const index of parent.indexes.values()) {
    if ([...child.indexes.values()].some((own) => isLike(own, index) && own.isUnique === index.isUnique)) continue;
    copyIndex(state, child, index);
  }
  for (const constraint of parent.constraints.values()) {
    const isThere = [...child.constraints.values()].some(
      (own) => own.kind === constraint.kind && own.references === constraint.references && isLike(own, constraint),
    );
    if (!isThere) child.constraints.set(constraint.name, constraint);
  }
}

function changeInheritance(state: ModelState, child: TableState, { subtype, def }: Command): void {
  const name = def && 'RangeVar' in def ? relationName(def.RangeVar) : undefined;
  const parent = name ? lookUp(state, state.tables, name) : undefined;
  if (!parent) return;
  state.inheriting.add(child);
  const others = child.parents.filter((id) => id !== parent.id);
  child.parents = subtype === 'AT_AddInherit' ? [...others, parent.id] : others;
}
