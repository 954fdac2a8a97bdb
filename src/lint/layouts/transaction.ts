import { isOutsideTransaction } from '../../sql/index.ts';
import type { SqlStatement } from '../../system/index.ts';

interface Run {
  readonly isNotx: boolean;
  readonly statements: readonly SqlStatement[];
}

/** Onward: a file that holds a statement that cannot run in a transaction runs statement by statement. */
export function commitsEachIfNeeded({ isNotx, statements }: Run): boolean {
  return isNotx || statements.some(({ node }) => isOutsideTransaction(node));
}

/** The tool opens no transaction, but sends the file as one message, and Postgres runs the statements of one message in one transaction. */
export function commitsEachIfAlone({ statements }: Run): boolean {
  const [first] = statements;
  return statements.length === 1 && first !== undefined && isOutsideTransaction(first.node);
}

/** The same for tools that have to be told not to open a transaction. */
export function commitsEachIfToldAndAlone(run: Run): boolean {
  return run.isNotx && run.statements.length === 1;
}
