import type { Digest, Finding } from '../model/index.ts';
import { OnwardError } from '../model/index.ts';
import { isOutsideTransaction, transactionControl } from '../sql/index.ts';
import type { SqlParser, SqlStatement } from '../system/index.ts';

/** What the parser finds out about a migration's text. The fingerprint takes longer than all the rest, and is made when it is asked for. */
export interface Inspection {
  readonly fingerprint: Digest;
  /** False when it holds a statement that Postgres refuses inside of a transaction. */
  readonly isTransactional: boolean;
}

/** Parses a migration; what makes it unfit to run becomes a finding. */
export function inspectText(
  parser: SqlParser,
  source: { readonly text: string; readonly path: string; readonly isNotx: boolean },
): {
  readonly inspection: Inspection | undefined;
  readonly statements: readonly SqlStatement[];
  readonly findings: readonly Finding[];
} {
  let statements: readonly SqlStatement[];
  try {
    statements = parser.split(source.text, source.path);
  } catch (error) {
    if (error instanceof OnwardError) return { inspection: undefined, statements: [], findings: error.findings };
    throw error;
  }
  const isTransactional = !source.isNotx && !statements.some(({ node }) => isOutsideTransaction(node));
  const findings = [
    ...checkTransactionControl(statements, source.path, isTransactional),
    ...statements.flatMap((statement) => checkCopy(statement, source.path)),
  ];
  let fingerprint: Digest | undefined;
  const inspection = {
    isTransactional,
    get fingerprint() {
      fingerprint ??= parser.fingerprint(source.text, source.path);
      return fingerprint;
    },
  };
  return { inspection, statements, findings };
}

/** The statements to run: a BEGIN and COMMIT around the whole file say what Onward does anyway. */
export function statementsToRun(statements: readonly SqlStatement[]): readonly SqlStatement[] {
  return isWrapped(statements) ? statements.slice(1, -1) : statements;
}

function isWrapped(statements: readonly SqlStatement[]): boolean {
  const [first] = statements;
  const last = statements.at(-1);
  return (
    first !== undefined &&
    last !== undefined &&
    transactionControl(first) === 'begin' &&
    transactionControl(last) === 'commit'
  );
}

function checkTransactionControl(
  statements: readonly SqlStatement[],
  file: string,
  isTransactional: boolean,
): readonly Finding[] {
  const inner = isTransactional ? statementsToRun(statements) : statements;
  return inner
    .filter((statement) => transactionControl(statement) !== undefined)
    .map((statement) => ({
      code: 'migrate.transaction-control',
      severity: 'error',
      message: `${statement.text.split(/\s/)[0]?.toUpperCase()} ends or starts a transaction in the middle of the file`,
      position: { file, line: statement.line },
      hint: 'Remove it, or split the file where one transaction ends: Onward runs each file in one, and records it there.',
    }));
}

function checkCopy({ node, line }: SqlStatement, file: string): readonly Finding[] {
  if (!('CopyStmt' in node) || node.CopyStmt.filename !== undefined) return [];
  return [
    {
      code: 'migrate.copy-from-client',
      severity: 'error',
      message: 'COPY from or to the client needs psql',
      position: { file, line },
      hint: 'Write the rows as INSERT statements.',
    },
  ];
}
