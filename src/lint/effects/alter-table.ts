import { relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { names } from '../schema-model/constraints.ts';
import type { ModelConstraint, ModelIndex } from '../schema-model/schema-model.ts';
import { predictAddColumn } from './add-column.ts';
import { predictChangeType } from './change-type.ts';
import { predictAddConstraint, predictSetNotNull, predictValidate } from './constraint.ts';
import { predictAttach, predictDetach } from './partition.ts';
import { type Prediction, type ResolvedRelation, resolveRelation, rewriteTable, storedTables } from './prediction.ts';

type AlterTable = Extract<SqlNode, { AlterTableStmt: unknown }>['AlterTableStmt'];
type Command = Extract<SqlNode, { AlterTableCmd: unknown }>['AlterTableCmd'];

/** What the commands of an `ALTER TABLE` do to rows; all of them share one pass over the table. Its locks are told elsewhere. */
export function predictAlterTable(prediction: Prediction, node: AlterTable): void {
  const relation = resolveRelation(prediction, relationName(node.relation));
  if (!relation || !TABLES.has(node.objtype ?? '')) return;
  const commands = (node.cmds ?? []).flatMap((item) => ('AlterTableCmd' in item ? [item.AlterTableCmd] : []));
  const target = { relation, isHandedDown: node.relation?.inh === true, dropped: droppedNames(commands) };
  for (const command of commands) predictCommand(prediction, command, target);
}

/** Columns and constraints that go in the same pass: what was made for them is not made again. */
function droppedNames(commands: readonly Command[]): ReadonlySet<string> {
  const drops = commands.filter(({ subtype }) => subtype === 'AT_DropColumn' || subtype === 'AT_DropConstraint');
  return new Set(drops.map(({ name = '' }) => name));
}

function withoutDropped({ id, table }: ResolvedRelation, dropped: ReadonlySet<string>): ResolvedRelation {
  if (!table || dropped.size === 0) return { id, table };
  const isKept = ({ columns, expressionColumns = [], constraint }: ModelIndex) =>
    ![...columns, ...expressionColumns, constraint ?? ''].some((name) => dropped.has(name));
  const indexes = new Map([...table.indexes].filter(([, index]) => isKept(index)));
  const isHeld = ({ name, columns }: ModelConstraint) => ![name, ...columns].some((each) => dropped.has(each));
  const constraints = new Map([...table.constraints].filter(([, constraint]) => isHeld(constraint)));
  return { id, table: { ...table, indexes, constraints } };
}

const TABLES = new Set(['OBJECT_TABLE', 'OBJECT_MATVIEW', 'OBJECT_FOREIGN_TABLE']);

interface Target {
  readonly relation: ResolvedRelation;
  /** `ONLY` does not limit it to the table that is named. */
  readonly isHandedDown: boolean;
  /** Names of columns and constraints. */
  readonly dropped: ReadonlySet<string>;
}

function predictCommand(prediction: Prediction, command: Command, target: Target): void {
  const { found, schema } = prediction;
  const { def, name = '', behavior, subtype } = command;
  const { relation } = target;
  const stored = storedTables(schema, relation, target.isHandedDown ? 'tree' : 'only');
  const tree = stored.map((each) => withoutDropped(each, target.dropped));
  if (behavior === 'DROP_CASCADE') found.unknown(`what else the CASCADE on ${relation.id} drops`);
  switch (subtype) {
    case 'AT_AddColumn':
      if (!def || !('ColumnDef' in def)) return;
      if (command.missing_ok && relation.table?.columns.has(def.ColumnDef.colname ?? '')) return;
      predictAddColumn(prediction, def.ColumnDef, tree);
      return;
    case 'AT_AlterColumnType':
      if (def && 'ColumnDef' in def)
        predictChangeType(prediction, { table: relation.id, name, def: def.ColumnDef }, tree);
      return;
    case 'AT_SetNotNull':
      predictSetNotNull(prediction, name, tree);
      return;
    case 'AT_SetExpression':
      setExpression(prediction, name, tree);
      return;
    case 'AT_AddConstraint':
      if (def && 'Constraint' in def) addConstraint(prediction, def.Constraint, target);
      return;
    case 'AT_ValidateConstraint':
      predictValidate(
        prediction,
        name,
        reachOfConstraint(relation, name) === 'tree' ? tree : tree.filter(isOwn(relation)),
      );
      return;
    case 'AT_DetachPartition':
      if (def && 'PartitionCmd' in def) predictDetach(prediction, relation, def.PartitionCmd);
      return;
    case 'AT_AttachPartition':
      if (def && 'PartitionCmd' in def) predictAttach(prediction, relation, def.PartitionCmd);
      return;
    default:
      if (movesStorage(command, relation))
        for (const table of storedTables(schema, relation, 'only')) move(prediction, subtype, table);
  }
}

/** Only checks, and columns that are never null, are handed down to inheritors. */
export function reachOfConstraint({ table }: ResolvedRelation, name: string): 'tree' | 'partitions' {
  const kind = table?.constraints.get(name)?.kind;
  return kind === undefined || kind === 'check' || kind === 'not null' ? 'tree' : 'partitions';
}

/** It is the table itself, or one of its partitions. */
function isOwn({ id }: ResolvedRelation): (each: ResolvedRelation) => boolean {
  return (each) => each.id === id || each.table?.isPartition === true;
}

function addConstraint(
  prediction: Prediction,
  constraint: Parameters<typeof predictAddConstraint>[1],
  { relation, isHandedDown }: Target,
): void {
  const isRule = constraint.contype === 'CONSTR_CHECK' || constraint.contype === 'CONSTR_NOTNULL';
  const reach = isHandedDown ? (isRule ? 'tree' : 'partitions') : 'only';
  predictAddConstraint(prediction, constraint, storedTables(prediction.schema, relation, reach));
  if (constraint.contype !== 'CONSTR_PRIMARY' || !isHandedDown) return;
  // The columns of the key may not be null in inheritors either, which do not get the key.
  const heirs = storedTables(prediction.schema, relation, 'tree').filter(
    ({ id, table }) => id !== relation.id && !table?.isPartition,
  );
  for (const column of names(constraint.keys)) predictSetNotNull(prediction, column, heirs);
}

/** A virtual column has no value in the rows. */
function setExpression(prediction: Prediction, column: string, tables: readonly ResolvedRelation[]): void {
  for (const relation of tables) {
    const generated = relation.table?.columns.get(column)?.generated;
    if (generated === undefined && prediction.server >= 18) {
      prediction.found.unknown(`whether ${column} of ${relation.id} is stored, so that every row is written anew`);
    } else if (generated !== 'virtual') rewriteTable(prediction, relation);
  }
}

/** Where a table is kept, and whether its changes are logged, is decided when it is written: it is written anew for another answer. */
function movesStorage({ subtype, name }: Command, { table }: ResolvedRelation): boolean {
  switch (subtype) {
    case 'AT_SetLogged':
      return table === undefined || table.isUnlogged === true;
    case 'AT_SetUnLogged':
      return table?.isUnlogged !== true;
    case 'AT_SetTableSpace':
      return name !== 'pg_default';
    case 'AT_SetAccessMethod':
      return name !== 'heap' && name !== undefined;
    default:
      return false;
  }
}

/** Another tablespace gets a copy of the files; the other moves go row by row. */
function move(prediction: Prediction, subtype: Command['subtype'], relation: ResolvedRelation): void {
  if (subtype === 'AT_SetTableSpace')
    prediction.found.add({ locks: [], rewrites: [relation.id], indexBuilds: [], scans: [], unknown: [] });
  else rewriteTable(prediction, relation);
}
