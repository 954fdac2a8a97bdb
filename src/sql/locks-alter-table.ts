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
  const isHandedDown = statement.relation?.inh === true;
  return (statement.cmds ?? []).flatMap((item) => {
    if (!('AlterTableCmd' in item)) return [];
    return commandLocks(item.AlterTableCmd, relation, isHandedDown ? commandScope(item.AlterTableCmd) : 'only');
  });
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
      // Inheritors have to note that the column is theirs alone from now on, even with ONLY.
      return [
        { ...own, scope: 'tree' },
        { ...own, scope: 'column', ...(name === undefined ? {} : { detail: name }) },
      ];
    case 'AT_AttachPartition':
    case 'AT_DetachPartition': {
      const partition = def && 'PartitionCmd' in def ? def.PartitionCmd : undefined;
      const child = relationName(partition?.name);
      if (!child || partition?.concurrent) return [own];
      const isAttach = command.subtype === 'AT_AttachPartition';
      return [
        { ...own, scope: 'only' },
        { relation: child, mode: 'AccessExclusiveLock', scope: 'tree' },
        { relation, mode: 'AccessExclusiveLock', scope: 'default' },
        { relation, mode: 'ShareRowExclusiveLock', scope: 'references' },
        { relation, mode: isAttach ? 'ShareRowExclusiveLock' : 'AccessExclusiveLock', scope: 'referencing' },
        ...(isAttach ? [{ relation: child, mode: 'AccessExclusiveLock', scope: 'references' } as const] : []),
      ];
    }
    case 'AT_AddInherit': {
      const parent = def && 'RangeVar' in def ? relationName(def.RangeVar) : undefined;
      return parent ? [own, { relation: parent, mode: 'ShareUpdateExclusiveLock', scope: 'only' }] : [own];
    }
    default:
      return [own];
  }
}

/** What else a command changes when it is not limited by ONLY: columns and checks are handed down to all inheritors. */
function commandScope(command: Command): LockScope {
  const { def } = command;
  const subtype: string = command.subtype ?? '';
  if (subtype === 'AT_AddConstraint') {
    const type = def && 'Constraint' in def ? def.Constraint.contype : undefined;
    return type === 'CONSTR_CHECK' || type === 'CONSTR_NOTNULL' ? 'tree' : 'partitions';
  }
  if (subtype.endsWith('Trig') || subtype.endsWith('TrigAll') || subtype.endsWith('TrigUser')) return 'partitions';
  return OWN_ONLY.has(subtype) ? 'only' : 'tree';
}

/** Commands that are about one table, even when it has inheritors. */
const OWN_ONLY = new Set(
  `AT_AddInherit AT_ChangeOwner AT_ClusterOn AT_DisableRowSecurity AT_DropCluster AT_DropInherit AT_EnableRowSecurity
   AT_ForceRowSecurity AT_NoForceRowSecurity AT_ReplicaIdentity AT_ResetRelOptions AT_SetAccessMethod AT_SetLogged
   AT_SetRelOptions AT_SetTableSpace AT_SetUnLogged AT_EnableRule AT_DisableRule AT_EnableAlwaysRule AT_EnableReplicaRule`.split(
    /\s+/,
  ),
);

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
    return relation ? [{ relation, mode: 'ShareRowExclusiveLock', scope: 'partitions' }] : [];
  });
}
