import type { SqlNode } from '../system/index.ts';
import { isStrong, type LockMode, lockModeOf } from './lock-modes.ts';
import type { LockScope, LockTarget } from './lock-target.ts';
import { alterTableLocks, constraintLocks } from './locks-alter-table.ts';
import {
  isReindexConcurrent,
  optionNames,
  type RelationName,
  relationFromParts,
  relationName,
} from './statement-kind.ts';

export interface StatementLocks {
  /** Table locks that the application could notice, and ShareUpdateExclusive ones, which only maintenance does. */
  readonly targets: readonly LockTarget[];
  /** Relations that are new with this statement. */
  readonly creates: readonly RelationName[];
  /** False when the form says too little: a DO block, a function call, a CASCADE. It may then take any lock. */
  readonly isKnown: boolean;
}

const NOTHING: StatementLocks = { targets: [], creates: [], isKnown: true };
const UNKNOWN: StatementLocks = { targets: [], creates: [], isKnown: false };

/** Forms that lock no table that is there, beyond what plain reads and writes do. */
const HARMLESS = new Set<string>(
  `AlterCollationStmt AlterDatabaseRefreshCollStmt AlterDatabaseSetStmt AlterDatabaseStmt AlterDefaultPrivilegesStmt AlterEnumStmt
   AlterEventTrigStmt AlterFunctionStmt AlterObjectDependsStmt AlterOpFamilyStmt AlterOperatorStmt AlterOwnerStmt AlterRoleSetStmt
   AlterRoleStmt AlterStatsStmt AlterSubscriptionStmt AlterSystemStmt AlterTSConfigurationStmt AlterTSDictionaryStmt AlterTypeStmt
   CheckPointStmt ClosePortalStmt CommentStmt CreateAmStmt CreateCastStmt CreateConversionStmt CreateDomainStmt CreateEnumStmt
   CreateEventTrigStmt CreateExtensionStmt CreateFdwStmt CreateForeignServerStmt CreateFunctionStmt CreateOpClassStmt
   CreateOpFamilyStmt CreatePLangStmt CreatePublicationStmt CreateRangeStmt CreateRoleStmt CreateStatsStmt CreateSubscriptionStmt
   CreateTableSpaceStmt CreateTransformStmt CreateUserMappingStmt CreatedbStmt DeallocateStmt DefineStmt DeleteStmt DiscardStmt
   DropRoleStmt DropSubscriptionStmt DropTableSpaceStmt DropUserMappingStmt DropdbStmt ExplainStmt FetchStmt GrantRoleStmt GrantStmt
   ImportForeignSchemaStmt InsertStmt ListenStmt LoadStmt MergeStmt NotifyStmt PrepareStmt SecLabelStmt TransactionStmt UnlistenStmt
   UpdateStmt VariableSetStmt VariableShowStmt CopyStmt AlterPublicationStmt`.split(/\s+/),
);

/** Which relations a statement locks, and how, by its form alone. Version 14 to 18 of Postgres; test/locks measures it on each. */
export function statementLocks(node: SqlNode): StatementLocks {
  if ('AlterTableStmt' in node) return { ...NOTHING, targets: alterTableLocks(node.AlterTableStmt) };
  if ('CreateStmt' in node) return createTableLocks(node.CreateStmt);
  if ('CreateForeignTableStmt' in node) return createTableLocks(node.CreateForeignTableStmt.base ?? {});
  if ('CreateTableAsStmt' in node) return { ...NOTHING, creates: named(node.CreateTableAsStmt.into?.rel) };
  if ('CreateSeqStmt' in node) return { ...NOTHING, creates: named(node.CreateSeqStmt.sequence) };
  if ('CompositeTypeStmt' in node) return { ...NOTHING, creates: named(node.CompositeTypeStmt.typevar) };
  if ('CreateSchemaStmt' in node) return merge((node.CreateSchemaStmt.schemaElts ?? []).map(statementLocks));
  if ('ViewStmt' in node) {
    const { view, replace } = node.ViewStmt;
    return replace ? lock(view, 'AccessExclusiveLock', 'only') : { ...NOTHING, creates: named(view) };
  }
  if ('IndexStmt' in node) {
    const { relation, concurrent, idxname } = node.IndexStmt;
    const scope = relation?.inh === true ? 'partitions' : 'only';
    const locks = lock(relation, concurrent ? 'ShareUpdateExclusiveLock' : 'ShareLock', scope);
    const schema = relation?.schemaname;
    return idxname === undefined ? locks : { ...locks, creates: [{ name: idxname, ...(schema ? { schema } : {}) }] };
  }
  if ('DropStmt' in node) return dropLocks(node.DropStmt);
  return tableLocks(node) ?? maintenanceLocks(node) ?? (HARMLESS.has(Object.keys(node)[0] ?? '') ? NOTHING : UNKNOWN);
}

/** The statement may make the application wait. */
export function mayStall(locks: StatementLocks): boolean {
  return !locks.isKnown || locks.targets.some(({ mode }) => isStrong(mode));
}

/** What a RENAME reaches: columns and constraints are handed down. */
const RENAME_SCOPES: Readonly<Record<string, LockScope>> = {
  OBJECT_COLUMN: 'tree',
  OBJECT_TABCONSTRAINT: 'tree',
  OBJECT_TRIGGER: 'partitions',
};

/** Statements about something that belongs to a table. */
function tableLocks(node: SqlNode): StatementLocks | undefined {
  if ('CreateTrigStmt' in node) {
    return lock(node.CreateTrigStmt.relation, 'ShareRowExclusiveLock', 'partitions');
  }
  if ('CreatePolicyStmt' in node) return lock(node.CreatePolicyStmt.table, 'AccessExclusiveLock', 'only');
  if ('AlterPolicyStmt' in node) return lock(node.AlterPolicyStmt.table, 'AccessExclusiveLock', 'only');
  if ('RuleStmt' in node) return lock(node.RuleStmt.relation, 'AccessExclusiveLock', 'only');
  if ('AlterSeqStmt' in node) return lock(node.AlterSeqStmt.sequence, 'ShareRowExclusiveLock', 'only');
  if ('AlterObjectSchemaStmt' in node) {
    const { relation } = node.AlterObjectSchemaStmt;
    return relation ? lock(relation, 'AccessExclusiveLock', 'only') : NOTHING;
  }
  if ('RenameStmt' in node) {
    const { relation, renameType } = node.RenameStmt;
    const mode = renameType === 'OBJECT_INDEX' ? 'ShareUpdateExclusiveLock' : 'AccessExclusiveLock';
    return relation ? lock(relation, mode, RENAME_SCOPES[renameType ?? ''] ?? 'only') : NOTHING;
  }
  if ('AlterDomainStmt' in node) {
    const { typeName, subtype, def } = node.AlterDomainStmt;
    const relation = relationFromParts(typeName);
    // A check that does not bind what is there looks at no table.
    const isLater = def !== undefined && 'Constraint' in def && def.Constraint.skip_validation === true;
    if (!relation || isLater || !['C', 'O', 'V'].includes(subtype ?? '')) return NOTHING;
    return { ...NOTHING, targets: [{ relation, mode: 'ShareLock', scope: 'type' }] };
  }
  return undefined;
}

function maintenanceLocks(node: SqlNode): StatementLocks | undefined {
  if ('LockStmt' in node) {
    const mode = lockModeOf(node.LockStmt.mode);
    return merge((node.LockStmt.relations ?? []).map((item) => lock(rangeOf(item), mode, reachOf(item))));
  }
  if ('TruncateStmt' in node) {
    const isCascade = node.TruncateStmt.behavior === 'DROP_CASCADE';
    return merge(
      (node.TruncateStmt.relations ?? []).map((item) =>
        lock(rangeOf(item), 'AccessExclusiveLock', isCascade ? 'cascade' : reachOf(item)),
      ),
    );
  }
  if ('RefreshMatViewStmt' in node) {
    const { relation, concurrent } = node.RefreshMatViewStmt;
    return lock(relation, concurrent ? 'ExclusiveLock' : 'AccessExclusiveLock', 'only');
  }
  if ('ReindexStmt' in node) {
    const { relation, kind } = node.ReindexStmt;
    if (isReindexConcurrent(node)) return NOTHING;
    if (!relation) return UNKNOWN;
    if (kind !== 'REINDEX_OBJECT_INDEX') return lock(relation, 'ShareLock', 'partitions');
    return merge([lock(relation, 'AccessExclusiveLock', 'only'), lock(relation, 'ShareLock', 'index')]);
  }
  if ('ClusterStmt' in node) {
    return node.ClusterStmt.relation ? lock(node.ClusterStmt.relation, 'AccessExclusiveLock', 'only') : UNKNOWN;
  }
  if ('VacuumStmt' in node) {
    const { options, rels, is_vacuumcmd: isVacuum } = node.VacuumStmt;
    if (!isVacuum || !optionNames(options).includes('full')) return NOTHING;
    if (!rels) return UNKNOWN;
    return merge(
      rels.map((item) =>
        lock('VacuumRelation' in item ? item.VacuumRelation.relation : undefined, 'AccessExclusiveLock', 'partitions'),
      ),
    );
  }
  if ('SelectStmt' in node) return node.SelectStmt.intoClause || !callsUnknownFunction(node) ? NOTHING : UNKNOWN;
  return undefined;
}

function createTableLocks(statement: Extract<SqlNode, { CreateStmt: unknown }>['CreateStmt']): StatementLocks {
  const parents = (statement.inhRelations ?? []).map((item) =>
    statement.partbound
      ? merge([
          lock(rangeOf(item), 'AccessExclusiveLock', 'only'),
          lock(rangeOf(item), 'AccessExclusiveLock', 'default'),
          lock(rangeOf(item), 'ShareRowExclusiveLock', 'references'),
          lock(rangeOf(item), 'ShareRowExclusiveLock', 'referencing'),
        ])
      : lock(rangeOf(item), 'ShareUpdateExclusiveLock', 'only'),
  );
  const references = (statement.tableElts ?? []).flatMap((element) => constraintLocks(element));
  const locks = merge([...parents, { ...NOTHING, targets: references }]);
  // With IF NOT EXISTS the table may be an old one, so what follows is not taken to be new.
  return statement.if_not_exists ? locks : { ...locks, creates: named(statement.relation) };
}

function dropLocks(statement: Extract<SqlNode, { DropStmt: unknown }>['DropStmt']): StatementLocks {
  const isKnown = statement.behavior !== 'DROP_CASCADE' && statement.removeType !== 'OBJECT_EXTENSION';
  const targets = (statement.objects ?? []).flatMap((object): readonly LockTarget[] => {
    const parts = 'List' in object ? object.List.items : undefined;
    const relation = relationFromParts(parts);
    if (!relation) return [];
    switch (statement.removeType) {
      case 'OBJECT_TABLE':
        return [{ relation, mode: 'AccessExclusiveLock', scope: 'drop' }];
      case 'OBJECT_INDEX':
        return statement.concurrent
          ? [{ relation, mode: 'ShareUpdateExclusiveLock', scope: 'index' }]
          : [{ relation, mode: 'AccessExclusiveLock', scope: 'index' }];
      case 'OBJECT_VIEW':
      case 'OBJECT_MATVIEW':
      case 'OBJECT_SEQUENCE':
      case 'OBJECT_FOREIGN_TABLE':
        return [{ relation, mode: 'AccessExclusiveLock', scope: 'only' }];
      case 'OBJECT_TRIGGER':
      case 'OBJECT_POLICY':
      case 'OBJECT_RULE': {
        const table = relationFromParts(parts?.slice(0, -1));
        const scope = statement.removeType === 'OBJECT_TRIGGER' ? 'partitions' : 'only';
        return table ? [{ relation: table, mode: 'AccessExclusiveLock', scope }] : [];
      }
      default:
        return [];
    }
  });
  return { targets, creates: [], isKnown };
}

/** Functions that are known to lock no table. Any other one may do anything. */
const HARMLESS_FUNCTIONS = new Set([
  'set_config',
  'setval',
  'nextval',
  'currval',
  'now',
  'pg_notify',
  'current_setting',
]);

function callsUnknownFunction(node: Extract<SqlNode, { SelectStmt: unknown }>): boolean {
  return (node.SelectStmt.targetList ?? []).some((target) => {
    const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
    if (!value || !('FuncCall' in value)) return false;
    return !HARMLESS_FUNCTIONS.has(relationFromParts(value.FuncCall.funcname)?.name ?? '');
  });
}

function lock(range: Parameters<typeof relationName>[0], mode: LockMode, scope: LockScope): StatementLocks {
  const relation = relationName(range);
  return relation ? { ...NOTHING, targets: [{ relation, mode, scope }] } : NOTHING;
}

function named(range: Parameters<typeof relationName>[0]): readonly RelationName[] {
  const relation = relationName(range);
  return relation ? [relation] : [];
}

function rangeOf(node: SqlNode): Parameters<typeof relationName>[0] {
  return 'RangeVar' in node ? node.RangeVar : undefined;
}

function reachOf(node: SqlNode): LockScope {
  return 'RangeVar' in node && node.RangeVar.inh === true ? 'tree' : 'only';
}

function merge(all: readonly StatementLocks[]): StatementLocks {
  return {
    targets: all.flatMap(({ targets }) => targets),
    creates: all.flatMap(({ creates }) => creates),
    isKnown: all.every(({ isKnown }) => isKnown),
  };
}
