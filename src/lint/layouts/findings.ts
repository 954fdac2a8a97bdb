import { createLocator } from '../../system/index.ts';
import { type LintFinding, shortenStatement } from '../finding.ts';
import type { TextFinding } from './layout.ts';

/** A finding about a file as a whole. */
export function fileFinding(
  file: string,
  said: Pick<LintFinding, 'rule' | 'class' | 'message' | 'help'> & { readonly severity?: LintFinding['severity'] },
): LintFinding {
  return { severity: 'error', source: 'static', line: 1, column: 1, statement: '', ...said, file };
}

/** Findings about places of a text. */
export function textFindings(file: string, text: string, found: readonly TextFinding[]): readonly LintFinding[] {
  if (found.length === 0) return [];
  const locate = createLocator(text);
  return found.map(({ offset, ...said }) => {
    const end = text.indexOf('\n', offset);
    const statement = shortenStatement(text.slice(offset, end === -1 ? undefined : end));
    return { source: 'static', file, ...locate(offset), statement, ...said };
  });
}
