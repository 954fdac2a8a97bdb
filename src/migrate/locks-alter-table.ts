import type { SqlNode } from '../system/index.ts';
import type { LockMode } from './lock-modes.ts';
import type { LockScope, LockTarget } from './lock-target.ts';
import { type RelationName, relationName } from './statement-kind.ts';

type AlterTable = Extract<SqlNode, { AlterTableStmt: unknown }>['AlterTableStmt'];
type Command = Extract<SqlNode, { AlterTableCmd: unknown }>['AlterTableCmd'];

/** Forms of ALTER TABLE that do not lock out readers and writers, as `AlterTableGetLockLevel` has them; all others take AccessExclusive. */
const WEAKER: Readonly<Record<string, LockMode>> = {
  AT_SetStatistics: 'ShareUpdateExclusiveLock',
  AT_SetOptions: 'ShareUpdateExclusiveLock',
  AT_ResetOptions: 'ShareUpdateExclusiveLock',
  AT_ClusterOn: 'ShareUpdateExclusiveLock',
  AT_DropCluster: 'ShareUpdateExclusiveLock',
  AT_ValidateConstraint: 'ShareUpdateExclusiveLock',
  AT_DetachPartitionFinalize: 'ShareUpdateExclusiveLock',
  AT_AttachPartition: 'ShareUpdateExclusiveLock',
  AT_EnableTrig: 'ShareRowExclusiveLock',
  AT_EnableAlwaysTrig: 'ShareRowExclusiveLock',
  AT_EnableReplicaTrig: 'ShareRowExclusiveLock',
  AT_EnableTrigAll: 'ShareRowExclusiveLock',
  AT_EnableTrigUser: 'ShareRowExclusiveLock',
  AT_DisableTrig: 'ShareRowExclusiveLock',
  AT_DisableTrigAll: 'ShareRowExclusiveLock',
  AT_DisableTrigUser: 'ShareRowExclusiveLock',
};

/** Storage parameters whose change needs more than ShareUpdateExclusive. */
const STRONG_OPTIONS = new Set([
  'user_catalog_table',
  'security_barrier',
  'security_invoker',
  'check_option',
  'buffering',
]);

/** The locks of `ALTER TABLE` (or INDEX, VIEW, SEQUENCE, TYPE): on the relation itself and on those at the other end of a link. */
export function alterTableLocks(statement: AlterTable): readonly LockTarget[] {
  const relation = relationName(statement.relation);
  if (!relation) return [];
  const scope: LockScope = statement.relation?.inh === true ? 'tree' : 'only';
  return (statement.cmds ?? []).flatMap((item) =>
    'AlterTableCmd' in item ? commandLocks(item.AlterTableCmd, relation, scope) : [],
  );
}

function commandLocks(command: Command, relation: RelationName, scope: LockScope): readonly LockTarget[] {
  const own: LockTarget = { relation, mode: commandMode(command), scope };
  const { def, name } = command;
  switch (command.subtype) {
    case 'AT_AddColumn':
    case 'AT_AddConstraint':
      return [own, ...(def ? constraintLocks(def) : [])];
    case 'AT_DropConstraint':
      return [own, { ...own, scope: 'constraint', ...(name === undefined ? {} : { detail: name }) }];
    case 'AT_DropColumn':
    case 'AT_AlterColumnType':
      return [own, { ...own, scope: 'column', ...(name === undefined ? {} : { detail: name }) }];
    case 'AT_AttachPartition':
    case 'AT_DetachPartition': {
      const partition = def && 'PartitionCmd' in def ? def.PartitionCmd : undefined;
      const child = relationName(partition?.name);
      if (!child || partition?.concurrent) return [own];
      const taken: LockTarget = { relation: child, mode: 'AccessExclusiveLock', scope: 'tree' };
      return [{ ...own, scope: 'only' }, taken, { relation, mode: 'AccessExclusiveLock', scope: 'partition' }];
    }
    case 'AT_AddInherit':
    case 'AT_DropInherit': {
      const parent = def && 'RangeVar' in def ? relationName(def.RangeVar) : undefined;
      return parent ? [own, { relation: parent, mode: 'ShareUpdateExclusiveLock', scope: 'only' }] : [own];
    }
    default:
      return [own];
  }
}

function commandMode(command: Command): LockMode {
  const { subtype = '', def } = command;
  if (subtype === 'AT_AddConstraint' && def && 'Constraint' in def && def.Constraint.contype === 'CONSTR_FOREIGN') {
    return 'ShareRowExclusiveLock';
  }
  if (subtype === 'AT_DetachPartition' && def && 'PartitionCmd' in def && def.PartitionCmd.concurrent) {
    return 'ShareUpdateExclusiveLock';
  }
  if (subtype === 'AT_SetRelOptions' || subtype === 'AT_ResetRelOptions') {
    const options = def && 'List' in def ? (def.List.items ?? []) : [];
    const isStrong = options.some((option) => 'DefElem' in option && STRONG_OPTIONS.has(option.DefElem.defname ?? ''));
    return isStrong ? 'AccessExclusiveLock' : 'ShareUpdateExclusiveLock';
  }
  return WEAKER[subtype] ?? 'AccessExclusiveLock';
}

/** The tables that a new foreign key points at: their writers have to wait while its triggers are made. */
export function constraintLocks(element: SqlNode): readonly LockTarget[] {
  const constraints =
    'ColumnDef' in element ? (element.ColumnDef.constraints ?? []) : 'Constraint' in element ? [element] : [];
  return constraints.flatMap((constraint): readonly LockTarget[] => {
    const relation = 'Constraint' in constraint ? relationName(constraint.Constraint.pktable) : undefined;
    return relation ? [{ relation, mode: 'ShareRowExclusiveLock', scope: 'tree' }] : [];
  });
}
