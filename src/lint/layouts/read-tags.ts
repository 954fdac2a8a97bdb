import type { Finding, MigrationPhase } from '../../model/index.ts';
import { misplacedTag, parseHeader } from '../../sql/index.ts';
import { createLocator, type SqlParser } from '../../system/index.ts';
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
  readonly path: string;
  /** The phase that the file's folder says. */
  readonly folderPhase: MigrationPhase | undefined;
}

/**
 * The tags of a file. In other tools' layouts only what names Onward is one: there, a comment such as "-- note: phase two" means nothing,
 * and who opens a transaction is that tool's to say.
 */
export function readTags(parser: SqlParser, { layout, text, path, folderPhase }: TaggedText): ReadTags {
  const header = parseHeader(text, path);
  const isOwn = layout === 'onward' || layout === 'flat';
  const lines = header.findings.length + header.laterTags.length > 0 ? text.split('\n') : [];
  const isMeant = (line: number) => isOwn || /onward/i.test(lines[line - 1] ?? '');
  const findings: Finding[] = header.findings.filter(({ position }) => isMeant(position?.line ?? 0));
  if (folderPhase && header.phase && folderPhase !== header.phase) {
    findings.push(differs(path, { tag: header.phase, folder: folderPhase }));
  }
  const later = header.laterTags.filter(isMeant);
  if (later.length > 0) {
    const comments = commentLines(parser, text, path);
    for (const line of later) if (comments.has(line)) findings.push(misplacedTag(path, line));
  }
  return {
    phase: header.phase ?? 'expand',
    isNotx: isOwn && header.transaction === 'none',
    findings: findings.map((finding) => toLintFinding(finding, lines)),
  };
}

/** Lines on which a comment starts; none when the text cannot be scanned, which is a finding already. */
function commentLines(parser: SqlParser, text: string, path: string): ReadonlySet<number> {
  const locate = createLocator(text);
  try {
    return new Set(parser.comments(text, path).map(({ startOffset }) => locate(startOffset).line));
  } catch {
    return new Set();
  }
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
