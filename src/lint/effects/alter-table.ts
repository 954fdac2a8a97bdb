import { relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import { predictAddColumn } from './add-column.ts';
import { predictChangeType } from './change-type.ts';
import { predictAddConstraint, predictSetNotNull, predictValidate } from './constraint.ts';
import { predictAttach } from './partition.ts';
import { type Prediction, type ResolvedRelation, resolveRelation, rewriteTable, storedTables } from './prediction.ts';

type AlterTable = Extract<SqlNode, { AlterTableStmt: unknown }>['AlterTableStmt'];
type Command = Extract<SqlNode, { AlterTableCmd: unknown }>['AlterTableCmd'];

/** What the commands of an `ALTER TABLE` do to rows; all of them share one pass over the table. Its locks are told elsewhere. */
export function predictAlterTable(prediction: Prediction, node: AlterTable): void {
  const relation = resolveRelation(prediction, relationName(node.relation));
  if (!relation || !TABLES.has(node.objtype ?? '')) return;
  for (const item of node.cmds ?? []) {
    if (!('AlterTableCmd' in item)) continue;
    predictCommand(prediction, item.AlterTableCmd, { relation, isHandedDown: node.relation?.inh === true });
  }
}

const TABLES = new Set(['OBJECT_TABLE', 'OBJECT_MATVIEW', 'OBJECT_FOREIGN_TABLE']);

interface Target {
  readonly relation: ResolvedRelation;
  /** `ONLY` does not limit it to the table that is named. */
  readonly isHandedDown: boolean;
}

function predictCommand(prediction: Prediction, command: Command, target: Target): void {
  const { found, schema } = prediction;
  const { def, name = '', behavior, subtype } = command;
  const { relation } = target;
  const tree = storedTables(schema, relation, target.isHandedDown ? 'tree' : 'only');
  if (behavior === 'DROP_CASCADE') found.unknown(`what else the CASCADE on ${relation.id} drops`);
  switch (subtype) {
    case 'AT_AddColumn':
      if (!def || !('ColumnDef' in def)) return;
      if (command.missing_ok && relation.table?.columns.has(def.ColumnDef.colname ?? '')) return;
      predictAddColumn(prediction, def.ColumnDef, tree);
      return;
    case 'AT_AlterColumnType':
      if (def && 'ColumnDef' in def) predictChangeType(prediction, { name, def: def.ColumnDef }, tree);
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
      predictValidate(prediction, name, tree);
      return;
    case 'AT_AttachPartition':
      if (def && 'PartitionCmd' in def) predictAttach(prediction, relation, def.PartitionCmd);
      return;
    default:
      if (movesStorage(command, relation))
        for (const table of storedTables(schema, relation, 'only')) move(prediction, subtype, table);
  }
}

function addConstraint(
  prediction: Prediction,
  constraint: Parameters<typeof predictAddConstraint>[1],
  { relation, isHandedDown }: Target,
): void {
  const isRule = constraint.contype === 'CONSTR_CHECK' || constraint.contype === 'CONSTR_NOTNULL';
  const reach = isHandedDown ? (isRule ? 'tree' : 'partitions') : 'only';
  predictAddConstraint(prediction, constraint, storedTables(prediction.schema, relation, reach));
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
