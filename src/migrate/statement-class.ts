import {
  isOutsideTransaction,
  isReindexConcurrent,
  mayStall,
  type RelationName,
  type StatementLocks,
  statementLocks,
} from '../sql/index.ts';
import type { SqlStatement } from '../system/index.ts';

/**
 * Decides the time limits of a statement. `strong`: readers or writers may have to wait for it, so it asks for its lock only briefly.
 * `concurrent`: it waits for other transactions while nobody waits for it, and a limit would leave an invalid index, so it has none.
 */
export type StatementClass = 'strong' | 'concurrent' | 'validate' | 'dml' | 'weak' | 'maintenance';

export interface PlannedStatement {
  readonly statement: SqlStatement;
  readonly class: StatementClass;
  /** Without what it takes on relations that the same file has made: nobody else can see those. */
  readonly locks: StatementLocks;
  readonly isOutsideTransaction: boolean;
  /** Unqualified names may mean something else than before the file, so locks can only be looked up when it is this one's turn. */
  readonly hasOwnNames: boolean;
}

/** What each statement of a file will lock, in order. */
export function planStatements(statements: readonly SqlStatement[]): readonly PlannedStatement[] {
  const created: RelationName[] = [];
  let hasOwnNames = false;
  return statements.map((statement) => {
    const all = statementLocks(statement.node);
    const targets = all.targets.filter(({ relation }) => !created.some((own) => isSame(own, relation)));
    created.push(...all.creates);
    const locks = { ...all, targets };
    const planned = {
      statement,
      class: chooseClass(statement, locks),
      locks,
      isOutsideTransaction: isOutsideTransaction(statement.node),
      hasOwnNames,
    };
    hasOwnNames ||= changesNames(statement, all);
    return planned;
  });
}

function chooseClass({ node }: SqlStatement, locks: StatementLocks): StatementClass {
  const isOutside = isOutsideTransaction(node);
  const isOnline = 'IndexStmt' in node || 'DropStmt' in node || 'AlterTableStmt' in node || isReindexConcurrent(node);
  if (isOutside && isOnline) return 'concurrent';
  if (mayStall(locks)) return 'strong';
  if ('VacuumStmt' in node) return 'maintenance';
  if ('AlterTableStmt' in node && locks.targets.length > 0) return 'validate';
  const isDml = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt', 'SelectStmt', 'CopyStmt'].some(
    (kind) => kind in node,
  );
  return isDml ? 'dml' : 'weak';
}

/** A relation made without a schema may be the one that is later named with it. */
function isSame(a: RelationName, b: RelationName): boolean {
  return a.name === b.name && (a.schema === b.schema || a.schema === undefined || b.schema === undefined);
}

function changesNames({ node }: SqlStatement, locks: StatementLocks): boolean {
  return 'VariableSetStmt' in node || 'SelectStmt' in node || 'RenameStmt' in node || !locks.isKnown;
}
