import { isOutsideTransaction, isSessionSetting } from '../../sql/index.ts';
import { createLocator, type SqlStatement } from '../../system/index.ts';
import { type LintFinding, shortenStatement } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';

/**
 * Files that lose their transaction because of one statement, with nobody having said so: the others commit one by one as well, and a
 * failure leaves the first of them applied.
 */
export function checkTransactions(files: readonly LintFile[]): readonly LintFinding[] {
  return files.flatMap((file) => {
    if (file.isShipped || file.isTransactional || file.isNotx) return [];
    const alone = file.statements.find(({ node }) => isOutsideTransaction(node));
    const others = file.statements.filter(({ node }) => !isOutsideTransaction(node) && !isSessionSetting(node));
    return alone && others.length > 0 ? [mixed(file, alone, others.length)] : [];
  });
}

function mixed({ path, text }: LintFile, statement: SqlStatement, others: number): LintFinding {
  const place = createLocator(text)(statement.startOffset);
  const rest = others === 1 ? 'the other statement commits' : `the ${others} other statements commit`;
  return {
    rule: 'mixed-transaction',
    class: 'discipline',
    severity: 'warning',
    source: 'static',
    file: path,
    ...place,
    statement: shortenStatement(statement.text),
    message: `it cannot run in a transaction, so ${rest} one by one too: a failure leaves the file half applied`,
    help: 'Move it to a file of its own, or put "-- onward:transaction none" at the top if that is meant.',
  };
}
