import { type RelationName, relationName, statementLocks } from '../../sql/index.ts';
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

/**
 * The form of every statement says that whatever was there before the file stays as it is, so that no client of before can tell a difference.
 * A relation counts as old unless the statements make it.
 */
export function areAdditive(nodes: readonly SqlNode[]): boolean {
  const made = new Set<string>();
  const isMade = (relation: RelationName | undefined) => relation !== undefined && made.has(keyOf(relation));
  return nodes.every((node) => {
    for (const relation of statementLocks(node).creates) made.add(keyOf(relation));
    if ('CreateStmt' in node) return !node.CreateStmt.inhRelations && node.CreateStmt.if_not_exists !== true;
    if ('GrantStmt' in node) return node.GrantStmt.is_grant === true;
    if ('ViewStmt' in node) return node.ViewStmt.replace !== true;
    if ('CreateFunctionStmt' in node) return false;
    if ('IndexStmt' in node) return isMade(relationName(node.IndexStmt.relation));
    if ('AlterTableStmt' in node) return isMade(relationName(node.AlterTableStmt.relation));
    if ('CreateTrigStmt' in node) return isMade(relationName(node.CreateTrigStmt.relation));
    return ADDITIVE.some((kind) => kind in node);
  });
}

function keyOf({ schema, name }: RelationName): string {
  return JSON.stringify([schema, name]);
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

/** It reads tables only to check or build what it defines, and then as a whole. */
export function isDefinition(node: SqlNode): boolean {
  return ['AlterDomainStmt', 'AlterTableStmt', 'IndexStmt', 'ReindexStmt'].some((kind) => kind in node);
}
