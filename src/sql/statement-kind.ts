import type { SqlNode, SqlStatement } from '../system/index.ts';

/** Statements that Postgres refuses inside of a transaction block. */
export function isOutsideTransaction(node: SqlNode): boolean {
  if ('IndexStmt' in node) return node.IndexStmt.concurrent === true;
  if ('DropStmt' in node) return node.DropStmt.concurrent === true;
  if ('ReindexStmt' in node) {
    const isWide = ['REINDEX_OBJECT_SCHEMA', 'REINDEX_OBJECT_SYSTEM', 'REINDEX_OBJECT_DATABASE'].includes(
      node.ReindexStmt.kind ?? '',
    );
    return isWide || isReindexConcurrent(node);
  }
  if ('AlterTableStmt' in node) return detachedPartition(node) !== undefined;
  if ('VacuumStmt' in node) return node.VacuumStmt.is_vacuumcmd === true;
  if ('ClusterStmt' in node) return node.ClusterStmt.relation === undefined;
  if ('AlterDatabaseStmt' in node) return optionNames(node.AlterDatabaseStmt.options).includes('tablespace');
  if ('CreateSubscriptionStmt' in node) return true;
  return OUTSIDE.some((kind) => kind in node);
}

const OUTSIDE = [
  'AlterSubscriptionStmt',
  'AlterSystemStmt',
  'CreateTableSpaceStmt',
  'CreatedbStmt',
  'DropSubscriptionStmt',
  'DropTableSpaceStmt',
  'DropdbStmt',
];

export function isReindexConcurrent(node: SqlNode): boolean {
  return 'ReindexStmt' in node && optionNames(node.ReindexStmt.params).includes('concurrently');
}

/** The partition that `ALTER TABLE … DETACH PARTITION … CONCURRENTLY` takes off. */
export function detachedPartition(node: SqlNode): RelationName | undefined {
  if (!('AlterTableStmt' in node)) return undefined;
  for (const command of node.AlterTableStmt.cmds ?? []) {
    if (!('AlterTableCmd' in command)) continue;
    const { def } = command.AlterTableCmd;
    if (def && 'PartitionCmd' in def && def.PartitionCmd.concurrent) return relationName(def.PartitionCmd.name);
  }
  return undefined;
}

/** A relation as the statement names it. */
export interface RelationName {
  readonly schema?: string;
  readonly name: string;
}

export function relationName(
  range: { readonly schemaname?: string; readonly relname?: string } | undefined,
): RelationName | undefined {
  if (range?.relname === undefined) return undefined;
  return range.schemaname === undefined ? { name: range.relname } : { schema: range.schemaname, name: range.relname };
}

/** The last two parts of a dotted name, such as a `DROP` lists. */
export function relationFromParts(parts: readonly SqlNode[] | undefined): RelationName | undefined {
  const texts = (parts ?? []).flatMap((part) => ('String' in part ? [part.String.sval ?? ''] : []));
  const name = texts.at(-1);
  if (name === undefined) return undefined;
  const schema = texts.at(-2);
  return schema === undefined ? { name } : { schema, name };
}

export function optionNames(options: readonly SqlNode[] | undefined): readonly string[] {
  return (options ?? []).flatMap((option) => ('DefElem' in option ? [option.DefElem.defname ?? ''] : []));
}

/** Statements that only change the session, and are needed again when a file is resumed in a new one. */
export function isSessionSetting(node: SqlNode): boolean {
  if ('VariableSetStmt' in node || 'DiscardStmt' in node || 'LoadStmt' in node || 'PrepareStmt' in node) return true;
  if (!('SelectStmt' in node) || node.SelectStmt.fromClause) return false;
  const targets = node.SelectStmt.targetList ?? [];
  return targets.length > 0 && targets.every((target) => isSetConfig(target));
}

function isSetConfig(target: SqlNode): boolean {
  const value = 'ResTarget' in target ? target.ResTarget.val : undefined;
  if (!value || !('FuncCall' in value)) return false;
  return relationFromParts(value.FuncCall.funcname)?.name === 'set_config';
}

/** Definitions, which change no setting, role or other property of the session. */
export function leavesSessionAlone(node: SqlNode): boolean {
  if ('CreateStmt' in node) return node.CreateStmt.relation?.relpersistence !== 't';
  if ('ViewStmt' in node) return node.ViewStmt.view?.relpersistence !== 't';
  return PLAIN_DEFINITIONS.some((kind) => kind in node);
}

const PLAIN_DEFINITIONS = [
  'AlterEnumStmt',
  'AlterTableStmt',
  'CommentStmt',
  'CreateEnumStmt',
  'CreateFunctionStmt',
  'CreatePolicyStmt',
  'CreateTrigStmt',
  'DropStmt',
  'GrantStmt',
  'IndexStmt',
  'RenameStmt',
];

export type TransactionControl = 'begin' | 'commit' | 'other';

/** `undefined` for statements that leave the transaction alone, and for savepoints. */
export function transactionControl({ node }: SqlStatement): TransactionControl | undefined {
  if (!('TransactionStmt' in node)) return undefined;
  const { kind, options } = node.TransactionStmt;
  switch (kind) {
    case 'TRANS_STMT_BEGIN':
    case 'TRANS_STMT_START':
      return options ? 'other' : 'begin';
    case 'TRANS_STMT_COMMIT':
      return 'commit';
    case 'TRANS_STMT_SAVEPOINT':
    case 'TRANS_STMT_RELEASE':
    case 'TRANS_STMT_ROLLBACK_TO':
      return undefined;
    default:
      return 'other';
  }
}

/** It may hold a COMMIT of its own, so a failure of it says nothing about its effects. */
export function mayCommit(node: SqlNode): boolean {
  return 'DoStmt' in node || 'CallStmt' in node;
}

/** Running it once more ends in the same state, whatever an interrupted first time has left. */
export function isRepeatable(node: SqlNode): boolean {
  // The first three are told apart by what is there: see concurrent-statement.ts.
  const repeatable = [
    'IndexStmt',
    'DropStmt',
    'AlterTableStmt',
    'ReindexStmt',
    'VacuumStmt',
    'ClusterStmt',
    'AlterSystemStmt',
  ];
  return repeatable.some((kind) => kind in node) || 'AlterDatabaseStmt' in node;
}
