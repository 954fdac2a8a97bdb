import { assertNever } from '../../model/index.ts';
import type { SqlParser } from '../../system/index.ts';
import type { LintFinding } from '../finding.ts';
import { fileFinding } from '../layouts/findings.ts';
import { findLayout } from '../layouts/list.ts';
import { readOne } from '../layouts/read-one.ts';
import type { LintFile } from '../lint-file.ts';
import { isRepeatable, type ShippedFile } from './shipped.ts';

/** What speaks against how shipped files are now. `files` are the ones that were read. */
export function checkEdits(
  parser: SqlParser,
  files: readonly LintFile[],
  shipped: readonly ShippedFile[],
): readonly LintFinding[] {
  const read = new Map(files.map((file) => [file.path, file]));
  const layouts = new Set(files.map(({ layout }) => layout));
  const isMigration = (path: string) => layouts.size === 0 || [...layouts].some((name) => placesFile(name, path));
  return shipped.flatMap((one) => {
    const file = read.get(one.path);
    switch (one.state) {
      case 'same':
        return [];
      case 'removed':
        return isMigration(one.path) ? [removed(one)] : [];
      case 'rewrapped':
        return file ? [cosmetic(one, 'its line ends differ')] : [];
      case 'edited':
        // A file that was not read is no migration, or has a finding of its own.
        return !file || isRepeatable(file) ? [] : [compareTexts(parser, file, one)];
      default:
        return assertNever(one.state);
    }
  });
}

/** Whether a layout would read a file of this name. */
function placesFile(name: LintFile['layout'], path: string): boolean {
  const parts = path.split('/');
  // The deepest layout has four parts: database, version, phase, name.
  return [1, 2, 3, 4].some((count) => {
    const paths = [parts.slice(-count).join('/')];
    const { placements } = findLayout(name).place({ paths, textOf: () => undefined });
    return placements.some((placement) => !/(^|\/)\./.test(placement.path));
  });
}

function compareTexts(parser: SqlParser, file: LintFile, one: ShippedFile): LintFinding {
  const before = one.before && readBefore(parser, file, one.before);
  if (!before) return edited(one, 'its text differs');
  if (before.phase !== file.phase) return edited(one, `its phase was ${before.phase} and is ${file.phase}`);
  if (before.isTransactional !== file.isTransactional) {
    return edited(one, `it ran ${file.isTransactional ? 'without' : 'in'} a transaction and no longer does`);
  }
  const isSame = fingerprint(parser, before) === fingerprint(parser, file);
  return isSame ? cosmetic(one, 'it is written differently') : edited(one, 'it says something else');
}

function readBefore(parser: SqlParser, file: LintFile, bytes: Buffer): LintFile | undefined {
  const { path, database, release, order, layout } = file;
  // What the name, the folder and side files say is taken to be as it is now.
  const isNotx = path.endsWith('.notx.sql') || (file.isNotx && (layout === 'flyway' || layout === 'diesel'));
  const phase = layout === 'onward' ? file.phase : undefined;
  return readOne(parser, findLayout(layout), { path, database, release, order, isNotx, phase, bytes }).file;
}

/** A text that cannot be scanned is only equal to itself. */
function fingerprint(parser: SqlParser, { text, path }: LintFile): string {
  try {
    return parser.fingerprint(text, path);
  } catch {
    return text;
  }
}

function edited({ path, shippedIn }: ShippedFile, what: string): LintFinding {
  return fileFinding(path, {
    rule: 'edited-shipped-file',
    class: 'discipline',
    message: `${shippedIn} shipped this file, and ${what}: databases that applied it differ from new ones`,
    help: 'Restore the file as it was shipped, and make the change in a new migration.',
  });
}

function cosmetic({ path, shippedIn }: ShippedFile, what: string): LintFinding {
  return fileFinding(path, {
    rule: 'cosmetic-edit',
    class: 'discipline',
    severity: 'warning',
    message: `${shippedIn} shipped this file, and ${what}, though it means the same: tools that compare bytes refuse it`,
    help: 'Restore the file as it was shipped.',
  });
}

function removed({ path, shippedIn }: ShippedFile): LintFinding {
  return fileFinding(path, {
    rule: 'removed-shipped-file',
    class: 'discipline',
    message: `${shippedIn} shipped this file, and it is no longer there: new databases will lack what it made`,
    help: 'Restore the file; to undo what it does, add a new migration.',
  });
}
