import { transactionControl } from '../../sql/index.ts';
import type { ConnectionTarget, SqlStatement, System } from '../../system/index.ts';
import type { LintFile } from '../lint-file.ts';

/** A statement of a migration, and the file that it stands in. */
export interface MigrationStep {
  readonly file: LintFile;
  readonly statement: SqlStatement;
}

/** All statements of the files, in order, without those that only begin and end transactions. */
export function listSteps(files: readonly LintFile[]): readonly MigrationStep[] {
  return files.flatMap((file) =>
    file.statements
      .filter((statement) => transactionControl(statement) === undefined)
      .map((statement) => ({ file, statement })),
  );
}

/** Runs the steps one by one, each committed by itself. Throws what the server says to the first that fails. */
export async function applySteps(
  system: System,
  target: ConnectionTarget,
  steps: readonly MigrationStep[],
): Promise<void> {
  const session = await system.postgres.connect(target, {
    applicationName: 'onward proof',
    settings: { TimeZone: 'UTC' },
  });
  try {
    for (const { statement } of steps) await session.query(statement.text);
  } finally {
    await session.close();
  }
}
