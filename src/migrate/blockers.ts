import { formatDuration } from '../model/index.ts';

/** A session, or a prepared transaction, that stands in the way. */
export interface Blocker {
  /** `undefined` for a prepared transaction. */
  readonly pid: number | undefined;
  /** The transaction that it is; another one of the same session is another blocker. */
  readonly transaction: string;
  readonly relation: string | undefined;
  readonly heldMode: string | undefined;
  readonly application: string;
  readonly user: string;
  /** `idle in transaction`, `active`, …; empty when this role may not see it. */
  readonly state: string;
  /** Of the transaction; `undefined` when this role may not see it. */
  readonly ageMs: number | undefined;
  readonly query: string;
  readonly kind: 'session' | 'autovacuum' | 'wraparound-vacuum' | 'prepared';
}

const LONGEST_LITERAL = 80;
const LONGEST_QUERY = 160;

/** One line: who holds what since when, and the first line of the query. Long literals, which may be secrets, are left out. */
export function describeBlocker(blocker: Blocker): string {
  const { pid, relation, heldMode, user, application, state, ageMs, query, kind } = blocker;
  const who =
    kind === 'prepared'
      ? `prepared transaction ${JSON.stringify(query)} of ${user}`
      : `pid ${pid} (${[application || 'no application name', user && `user ${user}`, state].filter(Boolean).join(', ')})`;
  const holds = relation ? ` holds ${heldMode ?? 'a lock'} on ${relation}` : ' holds a lock';
  const age = ageMs === undefined ? '' : `, in a transaction for ${formatDuration(ageMs)}`;
  const shown = kind === 'prepared' ? '' : abbreviateQuery(query);
  return `${who}${holds}${age}${shown === '' ? '' : `: ${shown}`}`;
}

/** The first line that says something, with long literals cut out. */
export function abbreviateQuery(query: string): string {
  const line =
    query
      .split('\n')
      .find((text) => text.trim() !== '')
      ?.trim() ?? '';
  const shown = line.replace(/\b(password\s+)'(?:[^']|'')*('|$)/gi, "$1'…'");
  const short = shown.replace(/'(?:[^']|'')*('|$)/g, (literal) => (literal.length > LONGEST_LITERAL ? "'…'" : literal));
  return short.length > LONGEST_QUERY ? `${short.slice(0, LONGEST_QUERY)}…` : short;
}
