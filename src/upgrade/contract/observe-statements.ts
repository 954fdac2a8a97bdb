import { type Baseline, collectWords, findIncomparable, loadBaselines } from '../../contract/index.ts';
import {
  observeCounters,
  type ProofReport,
  proveStatements,
  recordSince,
  type StatementCounters,
  shareOf,
  type Verdict,
} from '../../lint/index.ts';
import { compareVersions, formatCount, OnwardError, type StatementsFact } from '../../model/index.ts';
import { type ConnectionTarget, loadSqlParser, type Session, type SqlParser, type System } from '../../system/index.ts';
import { shortenStatement } from '../shorten-statement.ts';
import type { Copies } from './observe-removal.ts';

export interface StatementsRequest {
  readonly target: ConnectionTarget;
  readonly live: Session;
  readonly deployment: string;
  /** A baseline of this release, or of a newer one, counts. */
  readonly upTo: string;
  readonly copies: Copies;
  /** Raw names of what goes. */
  readonly names: readonly string[];
}

/** What clients have sent since a baseline was taken, and whether it works without what goes. The database itself is only read. */
export async function observeStatements(system: System, request: StatementsRequest): Promise<StatementsFact> {
  const { target, live, deployment, upTo } = request;
  let counters: StatementCounters;
  try {
    counters = await observeCounters(live, target);
  } catch (error) {
    if (!(error instanceof OnwardError)) throw error;
    return { kind: 'unknown', evidence: `${error.message} ${error.hint}` };
  }
  const known = (await loadBaselines(live, deployment)).filter(({ release }) => compareVersions(release, upTo) >= 0);
  const baseline = known.find((candidate) => findIncomparable(candidate, counters) === undefined);
  if (!baseline) return lackBaseline(known.at(-1), counters);
  const recorded = await recordSince(system, target, baseline.calls);
  const reason = findIncomparable(baseline, recorded.counters);
  if (reason !== undefined) return { kind: 'no-baseline', evidence: reason };
  const { statements, hidden, unreadable } = recorded.since;
  const { before, after } = request.copies;
  const report =
    statements.length === 0
      ? undefined
      : await proveStatements(system, { before: before.target, after: after.target, statements });
  const gaps = [
    ...(hidden > 0 ? [`those of ${hidden} roles may not be seen: grant pg_read_all_stats to ${target.user}`] : []),
    ...(unreadable > 0 ? [`${unreadable} make no sense as they were recorded`] : []),
  ];
  const judged = judge(await loadSqlParser(), report, request.names);
  const gap = [...gaps, ...judged.gaps].join('; ');
  return {
    kind: 'seen',
    since: baseline.takenAt,
    statements: statements.length,
    calls: statements.reduce((sum, { calls }) => sum + calls, 0),
    broken: judged.broken,
    narrowed: judged.narrowed,
    unproved: judged.unproved,
    ...(gap === '' ? {} : { gap }),
  };
}

function lackBaseline(last: Baseline | undefined, counters: StatementCounters): StatementsFact {
  const cannotCount = findIncomparable({ ...counters, release: '', takenAt: '' }, counters);
  if (cannotCount !== undefined) return { kind: 'unknown', evidence: cannotCount };
  const evidence = last
    ? (findIncomparable(last, counters) ?? 'what was observed cannot be compared')
    : 'nothing was recorded when the release was completed';
  return { kind: 'no-baseline', evidence };
}

interface Judged {
  readonly broken: readonly string[];
  readonly narrowed: readonly string[];
  readonly unproved: readonly string[];
  readonly gaps: readonly string[];
}

function judge(parser: SqlParser, report: ProofReport | undefined, names: readonly string[]): Judged {
  const { statements = [], coverage, minimumCoverage = 0 } = report ?? {};
  const of = (wanted: ReturnType<typeof sortOf>) =>
    statements
      .filter(({ sql, verdict }) => sortOf(verdict, () => mentions(parser, sql, names)) === wanted)
      .map(({ sql, calls, verdict }) => `${shortenStatement(sql)} (${formatCount(calls, 'call')})${describe(verdict)}`);
  const share = coverage ? shareOf(coverage.calls) : 1;
  const percent = (100 * share).toFixed(1);
  return {
    broken: of('broken'),
    narrowed: of('narrowed'),
    unproved: of('unproved'),
    gaps: share < minimumCoverage ? [`only ${percent} % of the calls could be tried out`] : [],
  };
}

function sortOf(verdict: Verdict, doesMention: () => boolean): 'broken' | 'narrowed' | 'unproved' | 'fine' {
  // It works with other values: whether clients send such ones, nobody can tell.
  if (verdict.kind === 'breaks')
    return verdict.stage === 'run' && verdict.sqlState.startsWith('23') ? 'unproved' : 'broken';
  if (verdict.kind === 'not provable') return doesMention() ? 'unproved' : 'fine';
  if (verdict.kind !== 'shape changed' || !verdict.isBreaking) return 'fine';
  // Whether somebody reads the column that is no longer there, no server can tell.
  const isNarrower = verdict.changes.every(({ what, isBreaking }) => what === 'column removed' || !isBreaking);
  return isNarrower ? 'narrowed' : 'broken';
}

function mentions(parser: SqlParser, sql: string, names: readonly string[]): boolean {
  try {
    const words = collectWords(parser, sql, 'a statement');
    return names.some((name) => words.has(name) || words.has(name.toLowerCase()));
  } catch {
    return true;
  }
}

function describe(verdict: Verdict): string {
  if (verdict.kind === 'breaks') return `: ${verdict.message}`;
  if (verdict.kind === 'shape changed') return `: ${verdict.changes.map(({ description }) => description).join(', ')}`;
  return verdict.kind === 'not provable' ? `: ${verdict.why}` : '';
}
