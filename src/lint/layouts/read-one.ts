import type { SqlParser } from '../../system/index.ts';
import type { LintFinding } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import { decodeText } from './decode-text.ts';
import { fileFinding, textFindings } from './findings.ts';
import type { MigrationLayout, Placement, TextFinding } from './layout.ts';
import { readTags } from './read-tags.ts';
import { splitStatements } from './split-statements.ts';

export interface ReadFile {
  /** `undefined` when nothing of it could be read. */
  readonly file: LintFile | undefined;
  readonly findings: readonly LintFinding[];
}

/** Bytes to a migration. What it says up to a mistake is kept, so that the rules see it and later files find its tables. */
export function readOne(
  parser: SqlParser,
  layout: MigrationLayout,
  placed: Placement & { readonly bytes: Buffer },
): ReadFile {
  const { bytes, path, database, release, order } = placed;
  const decoded = decodeText(bytes);
  if ('problem' in decoded) return { file: undefined, findings: [notText(path, decoded)] };
  const whole = decoded.text;
  const up = layout.readUpPart?.(whole) ?? { text: whole, isNotx: false, findings: [] };
  const split = splitStatements(parser, up.text, path);
  const tags = readTags(parser, {
    layout: layout.name,
    text: split.text,
    statements: split.statements,
    path,
    folderPhase: placed.phase,
  });
  const isNotx = placed.isNotx || up.isNotx || tags.isNotx;
  const found: readonly TextFinding[] = [
    ...up.findings,
    ...split.findings,
    ...(layout.checkStatements?.(whole, split.statements) ?? []),
  ];
  const file: LintFile = {
    path,
    layout: layout.name,
    database,
    release,
    phase: placed.phase ?? tags.phase,
    order,
    text: split.text,
    isNotx,
    statements: split.statements,
    isTransactional: !layout.commitsEach({ isNotx, statements: split.statements }),
    isShipped: false,
  };
  const findings = [...textFindings(path, whole, found), ...tags.findings];
  return { file, findings: decoded.hasMark ? [byteOrderMark(path), ...findings] : findings };
}

type NotText = Exclude<ReturnType<typeof decodeText>, { readonly text: string }>;

function notText(path: string, decoded: NotText): LintFinding {
  const lines = decoded.before.split('\n');
  const place = { line: lines.length, column: [...(lines.at(-1) ?? '')].length + 1 };
  if (decoded.problem === 'nul') {
    return {
      ...fileFinding(path, {
        rule: 'nul-byte',
        class: 'unanalysed',
        message: 'the file holds a NUL byte, which no text of Postgres can hold; it was not read',
        help: 'Remove the byte, or write the value as a bytea literal.',
      }),
      ...place,
    };
  }
  const { looksLike, iconvName } = decoded;
  return {
    ...fileFinding(path, {
      rule: 'not-utf8',
      class: 'unanalysed',
      message: `the file is not UTF-8: it looks like ${looksLike}; it was not read`,
      help: `Convert it with \`iconv -f ${iconvName} -t UTF-8\`, and save the result in its place.`,
    }),
    ...place,
  };
}

function byteOrderMark(path: string): LintFinding {
  return fileFinding(path, {
    rule: 'byte-order-mark',
    class: 'discipline',
    severity: 'warning',
    message: 'the file starts with a byte order mark, which tools that send the text as it is make a syntax error of',
    help: 'Save it as UTF-8 without a byte order mark.',
  });
}
