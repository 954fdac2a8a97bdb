import type { Finding, MigrationPhase } from '../../model/index.ts';
import { misplacedTag, parseHeader } from '../../sql/index.ts';
import type { SqlParser, SqlStatement } from '../../system/index.ts';
import { type LintFinding, shortenStatement } from '../finding.ts';
import type { Layout } from '../lint-file.ts';

export interface ReadTags {
  readonly phase: MigrationPhase;
  readonly isNotx: boolean;
  readonly findings: readonly LintFinding[];
}

interface TaggedText {
  readonly layout: Layout;
  readonly text: string;
  readonly statements: readonly SqlStatement[];
  readonly path: string;
  /** The phase that the file's folder says. */
  readonly folderPhase: MigrationPhase | undefined;
}

/**
 * The tags of a file. In other tools' layouts only what names Onward is one: there, a comment such as "-- note: phase two" means nothing,
 * and who opens a transaction is that tool's to say.
 */
export function readTags(parser: SqlParser, tagged: TaggedText): ReadTags {
  const { layout, text, path, folderPhase } = tagged;
  const header = parseHeader(text, path);
  const isOwn = layout === 'onward' || layout === 'flat';
  const lines = header.findings.length + header.laterTags.length > 0 ? text.split('\n') : [];
  const isMeant = (line: number) => isOwn || /onward/i.test(lines[line - 1] ?? '');
  const findings: Finding[] = header.findings.filter(({ position }) => isMeant(position?.line ?? 0));
  if (folderPhase && header.phase && folderPhase !== header.phase) {
    findings.push(differs(path, { tag: header.phase, folder: folderPhase }));
  }
  for (const line of header.laterTags) {
    if (isMeant(line) && isComment(parser, tagged, offsetOfLine(lines, line))) findings.push(misplacedTag(path, line));
  }
  return {
    phase: header.phase ?? 'expand',
    isNotx: (isOwn || layout === 'plain') && header.transaction === 'none',
    findings: findings.map((finding) => toLintFinding(finding, lines)),
  };
}

/** Between statements there are only comments; inside of one its tokens tell, so that a large file need not be scanned whole. */
function isComment(parser: SqlParser, { text, statements, path }: TaggedText, lineStart: number): boolean {
  const offset = lineStart + text.slice(lineStart).search(/\S/);
  const around = statements.find(
    ({ startOffset, text: own }) => startOffset <= offset && offset < startOffset + own.length,
  );
  if (around) {
    return parser.comments(around.text, path).some(({ startOffset }) => around.startOffset + startOffset === offset);
  }
  // Behind a mistake nothing was read.
  const last = statements.at(-1);
  return last !== undefined && offset < last.startOffset;
}

function offsetOfLine(lines: readonly string[], line: number): number {
  return lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
}

function differs(file: string, phase: { readonly tag: MigrationPhase; readonly folder: MigrationPhase }): Finding {
  return {
    code: 'migrate.phase-differs',
    severity: 'error',
    message: `the tag says ${phase.tag}, but the file stands in ${phase.folder}/`,
    position: { file },
    hint: 'Move the file or remove the tag.',
  };
}

function toLintFinding({ code, message, position, hint }: Finding, lines: readonly string[]): LintFinding {
  const line = position?.line ?? 1;
  return {
    rule: code.slice('migrate.'.length),
    class: 'discipline',
    severity: 'error',
    source: 'static',
    file: position?.file ?? '',
    line,
    column: 1,
    statement: shortenStatement(position?.line === undefined ? '' : (lines[line - 1] ?? '')),
    message,
    help: hint ?? 'Mend the tag.',
  };
}
