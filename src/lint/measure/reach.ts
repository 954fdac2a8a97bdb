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

const DATA_ONLY = [
  'CopyStmt',
  'DeleteStmt',
  'InsertStmt',
  'MergeStmt',
  'UpdateStmt',
  'VariableSetStmt',
  'VacuumStmt',
  'TransactionStmt',
];

/** Its form says that it leaves every definition as it is. */
export function leavesCatalog(node: SqlNode): boolean {
  return DATA_ONLY.some((kind) => kind in node);
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
