import type { Statistics } from './load-statistics.ts';
import type { StatementsFile } from './statements-file.ts';

/** How many statements were not taken, and why. */
export interface Unseen {
  /** Of other users, whose texts this one may not read. */
  readonly hidden: number;
  readonly unreadable: number;
  readonly superusers: number;
  readonly utility: number;
  readonly rare: number;
}

/** What a proof with this record cannot know of, as sentences for people. */
export function notSeen(statistics: Statistics, unseen: Unseen): StatementsFile['missing'] {
  const { since, evictions, max, track } = statistics;
  const counted = (count: number, reason: string) => (count > 0 ? [{ reason, count }] : []);
  const said = (isSo: boolean, reason: string) => (isSo ? [{ reason, count: null }] : []);
  return [
    ...said(since !== undefined, `what ran before ${since}, when the server began to count`),
    ...said(since === undefined, 'since when the server counts is not known: update the extension pg_stat_statements'),
    ...said(
      (evictions ?? 0) > 0,
      `rare statements: the server made room ${evictions === 1 ? 'once' : `${evictions} times`} by forgetting some (pg_stat_statements.max is ${max}; raise it)`,
    ),
    ...said(track === 'none', 'everything since it was switched off: pg_stat_statements.track is none'),
    ...counted(
      unseen.hidden,
      'statements of other roles whose texts are hidden: run it as a role to which pg_read_all_stats was granted',
    ),
    ...counted(unseen.unreadable, 'statements whose text is damaged'),
    ...counted(unseen.superusers, 'statements of superusers, which are taken for administrators: name one with --user'),
    ...counted(unseen.utility, 'COPY, CALL, DO, DECLARE and CREATE TABLE statements, which the proof does not judge'),
    ...counted(unseen.rare, 'statements with fewer calls than --min-calls asks for'),
  ];
}
