import { type Finding, isPhase, type MigrationPhase } from '../model/index.ts';

/** What the comments at the top of a file say about it. */
export interface Header {
  readonly phase?: MigrationPhase;
  readonly transaction?: 'none';
  readonly findings: readonly Finding[];
  /** A tag-like line stands behind the first statement, or inside of a literal; only the parser can tell. */
  readonly laterTags: readonly number[];
}

/** Anything that is meant as a tag, however it is written. */
const MEANT = /^\s*--\s*[\w-]+\s*:\s*(phase|transaction)\b/i;
/** How a tag must be written. */
const EXACT = /^-- [A-Za-z][\w-]*:(phase|transaction) (\S+)$/;

/**
 * Reads `-- onward:phase contract` and `-- onward:transaction none` from the comment lines before the first statement. Any word may stand
 * before the colon. A line that only looks like a tag is a finding: a contract change must not run as an expand because of a typing error.
 */
export function parseHeader(text: string, file: string): Header {
  const findings: Finding[] = [];
  const laterTags: number[] = [];
  let phase: MigrationPhase | undefined;
  let transaction: 'none' | undefined;
  const lines = text.split('\n');
  const end = headerLength(lines);
  for (const [index, raw] of lines.entries()) {
    const line = raw.replace(/\r$/, '');
    if (!MEANT.test(line)) continue;
    if (index >= end) {
      laterTags.push(index + 1);
      continue;
    }
    const [, key, value] = EXACT.exec(line) ?? [];
    if (key === 'phase' && value !== undefined && isPhase(value) && phase === undefined) phase = value;
    else if (key === 'transaction' && value === 'none') transaction = 'none';
    else findings.push(inexact(file, index + 1, line));
  }
  return { ...(phase ? { phase } : {}), ...(transaction ? { transaction } : {}), findings, laterTags };
}

/** Lines before the first one that is neither blank nor a comment. */
function headerLength(lines: readonly string[]): number {
  let isInBlock = false;
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (isInBlock) isInBlock = !line.includes('*/');
    else if (line.startsWith('/*')) isInBlock = !line.includes('*/');
    else if (line !== '' && !line.startsWith('--')) return index;
  }
  return lines.length;
}

function inexact(file: string, line: number, text: string): Finding {
  return {
    code: 'migrate.inexact-tag',
    severity: 'error',
    message: `"${text.trim()}" is not a tag that Onward knows`,
    position: { file, line },
    hint: 'Write it once and exactly as "-- onward:phase expand", postdeploy or contract, or "-- onward:transaction none".',
  };
}

/** A tag that stands where it has no effect. */
export function misplacedTag(file: string, line: number): Finding {
  return {
    code: 'migrate.misplaced-tag',
    severity: 'error',
    message: 'a tag behind the first statement has no effect',
    position: { file, line },
    hint: `Move it to the top of ${file}.`,
  };
}
