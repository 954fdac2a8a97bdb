import { transactionControl } from '../../sql/index.ts';
import type { SqlStatement } from '../../system/index.ts';
import { perFile } from './per-file.ts';

/** A BEGIN before everything else and a COMMIT behind it. */
export function isWrapped(statements: readonly SqlStatement[]): boolean {
  const [first] = statements;
  const last = statements.at(-1);
  return (
    first !== undefined &&
    last !== undefined &&
    transactionControl(first) === 'begin' &&
    transactionControl(last) === 'commit'
  );
}

/** Whether the file itself has opened a transaction before this statement and not yet ended it. */
export function isInOwnTransaction(statements: readonly SqlStatement[], index: number): boolean {
  return insideOwn(statements).has(index);
}

const insideOwn = perFile((statements) => {
  const inside = new Set<number>();
  let isOpen = false;
  for (const [index, statement] of statements.entries()) {
    if (isOpen) inside.add(index);
    if (transactionControl(statement) === undefined || !('TransactionStmt' in statement.node)) continue;
    const { kind } = statement.node.TransactionStmt;
    isOpen = kind === 'TRANS_STMT_BEGIN' || kind === 'TRANS_STMT_START';
  }
  return inside;
});
