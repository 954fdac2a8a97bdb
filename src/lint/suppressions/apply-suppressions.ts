import { closest, compareVersions } from '../../model/index.ts';
import { createLocator, type SqlParser } from '../../system/index.ts';
import type { LintFinding } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import { findSuppressionComments, type SuppressionComment } from './find-comments.ts';
import { parseSuppression, type Suppression } from './parse-suppression.ts';

export interface SuppressionOptions {
  readonly findings: readonly LintFinding[];
  readonly files: readonly LintFile[];
  /** Names of all rules that there are. */
  readonly knownRules: ReadonlySet<string>;
  /** Rules that were not asked in this call, such as measured ones: not needing their suppressions is no finding. */
  readonly unaskedRules?: ReadonlySet<string>;
  /** The release that is being made: what is allowed until it, or until an earlier one, is allowed no longer. */
  readonly currentRelease?: string;
}

/** A suppression that covered something, for the release's report. */
export interface UsedSuppression extends Suppression {
  readonly file: string;
  readonly line: number;
  readonly findings: number;
}

export interface AppliedSuppressions {
  /** What is left, and what speaks against the suppressions themselves. */
  readonly findings: readonly LintFinding[];
  /** How many findings were dropped, by rule. */
  readonly suppressed: Readonly<Record<string, number>>;
  readonly used: readonly UsedSuppression[];
}

/** What is so cannot be allowed: databases already differ, or nothing is known. */
const NEVER: ReadonlySet<string> = new Set([
  'edited-shipped-file',
  'removed-shipped-file',
  'cosmetic-edit',
  'shipped-version',
  'released-list',
  'unknown-release',
  'nothing-shipped',
]);

/**
 * Drops the findings that a comment beside their statement allows. Pure. A comment that is misspelt, that names no rule, gives no reason
 * or has expired allows nothing and is an error, as is one that is not needed. Shipped files are left alone: they are not judged, and
 * cannot be edited.
 */
export function applySuppressions(parser: SqlParser, options: SuppressionOptions): AppliedSuppressions {
  const dropped = new Set<LintFinding>();
  const used: UsedSuppression[] = [];
  const said: LintFinding[] = [];
  const byFile = groupBy(options.findings, ({ file }) => file);
  for (const file of options.files) {
    const comments = file.isShipped ? [] : findSuppressionComments(parser, file);
    if (comments.length === 0) continue;
    const context = {
      file,
      locate: createLocator(file.text),
      byLine: groupByLine(byFile.get(file.path) ?? []),
      dropped,
    };
    for (const comment of comments) {
      const outcome = applyOne({ ...context, comment }, options);
      if ('wrong' in outcome) said.push(toFinding({ ...context, comment }, outcome.wrong));
      else if ('used' in outcome) used.push(outcome.used);
    }
  }
  const left = options.findings.filter((finding) => !dropped.has(finding));
  return { findings: [...left, ...said], suppressed: countByRule(used), used };
}

/** Findings about the whole file are under line 0. */
function groupByLine(findings: readonly LintFinding[]): ReadonlyMap<number, readonly LintFinding[]> {
  return groupBy(findings, ({ statement, line }) => (statement === '' ? 0 : line));
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, readonly T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function countByRule(used: readonly UsedSuppression[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { rule, findings } of used) counts[rule] = (counts[rule] ?? 0) + findings;
  return counts;
}

interface Context {
  readonly file: LintFile;
  readonly comment: SuppressionComment;
  readonly locate: ReturnType<typeof createLocator>;
  readonly byLine: ReadonlyMap<number, readonly LintFinding[]>;
  /** Findings that a comment has allowed; grows. */
  readonly dropped: Set<LintFinding>;
}

type Wrong = Pick<LintFinding, 'rule' | 'message' | 'help'>;
type Outcome = { readonly wrong: Wrong } | { readonly isUnasked: true } | { readonly used: UsedSuppression };

function applyOne(context: Context, options: SuppressionOptions): Outcome {
  const { file, comment, locate, dropped } = context;
  const suppression = parseSuppression(comment.text);
  if ('problem' in suppression) {
    return { wrong: suppression.problem === 'malformed' ? malformed(suppression.why) : reasonless(suppression.rule) };
  }
  const { rule, until } = suppression;
  const { knownRules, unaskedRules, currentRelease } = options;
  if (comment.statement === undefined) return { wrong: malformed('it stands beside no statement') };
  if (!knownRules.has(rule)) return { wrong: unknown(rule, closest(rule, [...knownRules])) };
  if (NEVER.has(rule)) return { wrong: refused(rule) };
  if (currentRelease !== undefined && compareVersions(currentRelease, until) >= 0) {
    return { wrong: expired(suppression, currentRelease) };
  }
  const covered = findCovered(context, rule);
  if (covered.length === 0) return unaskedRules?.has(rule) ? { isUnasked: true } : { wrong: unused(rule) };
  for (const finding of covered) dropped.add(finding);
  const { line } = locate(comment.offset);
  return { used: { ...suppression, file: file.path, line, findings: covered.length } };
}

/** Findings of the rule at the statement; those about the whole file belong to its first statement. */
function findCovered({ file, comment, locate, byLine, dropped }: Context, rule: string): readonly LintFinding[] {
  const { statement: index = -1 } = comment;
  const statement = file.statements[index];
  if (!statement) return [];
  const from = locate(statement.startOffset);
  const to = locate(statement.startOffset + statement.text.length);
  const found = index === 0 ? [...(byLine.get(0) ?? [])] : [];
  for (let line = from.line; line <= to.line; line += 1) {
    for (const finding of byLine.get(line) ?? []) {
      const isBefore = line === from.line && finding.column < from.column;
      const isBehind = line === to.line && finding.column > to.column;
      if (!isBefore && !isBehind) found.push(finding);
    }
  }
  return found.filter((finding) => finding.rule === rule && !dropped.has(finding));
}

function toFinding({ file, comment, locate }: Context, wrong: Wrong): LintFinding {
  const at = locate(comment.offset);
  const statement = comment.text.split('\n')[0]?.trim().slice(0, 160) ?? '';
  return { class: 'discipline', severity: 'error', source: 'static', file: file.path, ...at, statement, ...wrong };
}

const FORM = '"-- onward:allow <rule> until <release>: <reason>"';

function malformed(why: string): Wrong {
  return {
    rule: 'suppression-malformed',
    message: `this allows nothing: ${why}`,
    help: `Write ${FORM} on the line before the statement or at its end.`,
  };
}

function reasonless(rule: string): Wrong {
  return {
    rule: 'suppression-without-reason',
    message: `${rule} is not allowed here without a reason`,
    help: `Say in three words or more why it is safe: ${FORM}.`,
  };
}

function unknown(rule: string, meant: string | undefined): Wrong {
  return {
    rule: 'suppression-unknown-rule',
    message: `there is no rule ${rule}${meant === undefined ? '' : `; ${meant} is one`}`,
    help: 'Name the rule as the finding does.',
  };
}

function refused(rule: string): Wrong {
  return {
    rule: 'suppression-refused',
    message: `${rule} cannot be allowed: databases that have the file already would differ from new ones`,
    help: 'Remove the comment, and mend what the finding is about.',
  };
}

function expired({ rule, until }: Suppression, currentRelease: string): Wrong {
  return {
    rule: 'suppression-expired',
    message: `${rule} was allowed until ${until}, and this is ${currentRelease}`,
    help: 'Mend what the finding is about, or give a later release and the reason for it.',
  };
}

function unused(rule: string): Wrong {
  return {
    rule: 'suppression-unused',
    message: `${rule} finds nothing at this statement`,
    help: 'Remove the comment: it would hide the next finding here.',
  };
}
