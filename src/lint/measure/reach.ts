import { type RelationName, relationName } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';

/** Statements that reach out of the database they are run in, and could do harm there. */
const BEYOND = [
  'AlterDatabaseRefreshCollStmt',
  'AlterDatabaseSetStmt',
  'AlterDatabaseStmt',
  'AlterSubscriptionStmt',
  'AlterSystemStmt',
  'AlterTableSpaceOptionsStmt',
  'CreateSubscriptionStmt',
  'CreateTableSpaceStmt',
  'CreatedbStmt',
  'DropSubscriptionStmt',
  'DropTableSpaceStmt',
  'DropdbStmt',
];

/** Statements about roles, which all databases of a server have in common. */
const ROLES = ['AlterRoleSetStmt', 'AlterRoleStmt', 'CreateRoleStmt', 'DropRoleStmt', 'GrantRoleStmt'];

/** Why a statement is not run on a scratch server; `undefined` when it is. */
export function whyNotRun(node: SqlNode, server: { readonly isEmbedded: boolean }): string | undefined {
  if (BEYOND.some((kind) => kind in node)) return 'it reaches beyond the database, so it was not run';
  if (!server.isEmbedded && ROLES.some((kind) => kind in node)) {
    return 'it changes roles, which the whole server has in common, so it was not run';
  }
  if ('TransactionStmt' in node) return 'it controls the transaction, so it was not run';
  return undefined;
}

/** Statements that leave definitions as they are, and those that only add something that nobody can know yet. */
const ADDITIVE = [
  'CommentStmt',
  'CopyStmt',
  'CreateDomainStmt',
  'CreateEnumStmt',
  'CreateExtensionStmt',
  'CreateRangeStmt',
  'CreateRoleStmt',
  'CreateSchemaStmt',
  'CreateSeqStmt',
  'CompositeTypeStmt',
  'DeleteStmt',
  'InsertStmt',
  'MergeStmt',
  'TransactionStmt',
  'UpdateStmt',
  'VacuumStmt',
  'VariableSetStmt',
];

/** Its form says that whatever was there before the file stays as it is, so that no client of before can tell a difference. */
export function isAdditive(node: SqlNode, isOld: (relation: RelationName) => boolean): boolean {
  if ('CreateStmt' in node) return !node.CreateStmt.inhRelations;
  if ('GrantStmt' in node) return node.GrantStmt.is_grant === true;
  if ('ViewStmt' in node) return node.ViewStmt.replace !== true;
  if ('CreateFunctionStmt' in node) return node.CreateFunctionStmt.replace !== true;
  const relation = relationName(
    'IndexStmt' in node
      ? node.IndexStmt.relation
      : 'AlterTableStmt' in node
        ? node.AlterTableStmt.relation
        : 'CreateTrigStmt' in node
          ? node.CreateTrigStmt.relation
          : undefined,
  );
  return relation ? !isOld(relation) : ADDITIVE.some((kind) => kind in node);
}

const ROWS_ONLY_ADDED = [
  'AlterTableStmt',
  'CommentStmt',
  'CreateStmt',
  'IndexStmt',
  'InsertStmt',
  'GrantStmt',
  'RenameStmt',
  'UpdateStmt',
  'VariableSetStmt',
];

/** Its form says that it removes no row of any table. */
export function keepsRows(node: SqlNode): boolean {
  return ROWS_ONLY_ADDED.some((kind) => kind in node);
}
