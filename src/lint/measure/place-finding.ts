import { createLocator } from '../../system/index.ts';
import { type LintFinding, shortenStatement } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';

/** Makes findings about the statements of one file. */
export type PlaceFinding = (
  index: number,
  finding: Pick<LintFinding, 'rule' | 'class' | 'severity' | 'message' | 'help'>,
) => LintFinding;

/** A statement that is not there stands for the whole file. */
export function createPlacer(file: LintFile): PlaceFinding {
  const locate = createLocator(file.text);
  return (index, finding) => {
    const statement = file.statements[index];
    return {
      ...finding,
      source: 'measured',
      file: file.path,
      ...(statement ? locate(statement.startOffset) : { line: 1, column: 1 }),
      statement: statement ? shortenStatement(statement.text) : '',
    };
  };
}
