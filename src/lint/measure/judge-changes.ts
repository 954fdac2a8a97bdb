import type { SchemaChange } from '../../schema/index.ts';
import type { LintFinding } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import { isHarmless } from './harmless-changes.ts';
import type { PlaceFinding } from './place-finding.ts';

const HELP =
  'Keep the old form for as long as the version before runs: add beside it in expand, and take it away in a contract file of a later release.';

/**
 * What breaks clients that were written for the schema before the file. In contract files that is what they are for; in postdeploy files only
 * what goes away counts, because the version before may still be gone back to.
 */
export function judgeChanges(
  changes: readonly SchemaChange[],
  file: LintFile,
  place: PlaceFinding,
): readonly LintFinding[] {
  if (file.phase === 'contract') return [];
  return changes
    .filter(({ impact, change }) => impact === 'breaks' && (file.phase === 'expand' || change === 'removed'))
    .filter((change) => !isHarmless(change, changes))
    .map((change) =>
      place(findStatement(file, change), {
        rule: 'measured-contract-change',
        class: 'contract',
        severity: isUsualStep(change) ? 'warning' : 'error',
        message: describeChange(change),
        help: HELP,
      }),
    );
}

/** What an expansion often needs, such as a trigger that writes the new form along: whether it disturbs is for a person to say. */
function isUsualStep({ kind, change }: SchemaChange): boolean {
  return change === 'added' && (kind === 'trigger' || kind === 'policy');
}

function describeChange(change: SchemaChange): string {
  const what = `${change.kind} ${change.name}`;
  switch (change.change) {
    case 'added':
      return `It adds ${what}: ${change.reason}`;
    case 'removed':
      return `It removes ${what}: ${change.reason}`;
    default:
      return `It changes ${change.property} of ${what} from ${shorten(change.before)} to ${shorten(change.after)}: ${change.reason}`;
  }
}

const TEXT_LENGTH = 80;

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '') return 'nothing';
  return line.length <= TEXT_LENGTH ? line : `${line.slice(0, TEXT_LENGTH - 1)}…`;
}

/** The differences are of the whole file: the statement that names the most of what changed is taken to have made it. */
function findStatement(file: LintFile, { name, change }: SchemaChange): number {
  const parts = name
    .replace(/\(.*$/s, '')
    .split('.')
    .map((part) => part.replaceAll('"', '').toLowerCase());
  const wanted = parts.filter((part) => part !== 'public' && part !== '');
  let best = { index: 0, score: -1 };
  for (const [index, { text }] of file.statements.entries()) {
    const lower = text.toLowerCase();
    // The last part says most: a column before its table.
    const score = wanted.reduce((sum, part, position) => sum + (lower.includes(part) ? position + 1 : 0), 0);
    // What is there at the end was said last; what is gone, first.
    if (score > best.score || (score === best.score && change === 'changed')) best = { index, score };
  }
  return best.index;
}
