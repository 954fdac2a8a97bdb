import { isStrong, LOCK_MODES, type LockMode } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';
import type { RelationLock } from '../effects/effects.ts';
import type { LintFinding } from '../finding.ts';
import type { StatementMeasurement } from './measurement.ts';
import type { PlaceFinding } from './place-finding.ts';
import { isDefinition } from './reach.ts';

const ELSEWHERE: Readonly<Record<'rewrite' | 'scan' | 'rows' | 'index', string>> = {
  rows: 'Move the change of rows out of the transaction that holds the lock, and do it in batches.',
  rewrite:
    'Add a new column of the new form beside the old one, fill it in batches, and drop the old one in a contract file.',
  scan: 'Add the constraint NOT VALID first, and validate it in a file of its own: that holds no lock that anybody waits for.',
  index:
    'Build the index with CREATE INDEX CONCURRENTLY in a file without a transaction, and attach a constraint to it afterwards.',
};

/** What a statement does for long while it holds a lock that reads or writes wait for. */
export function judgeStatement(
  measured: StatementMeasurement,
  node: SqlNode | undefined,
  place: PlaceFinding,
): readonly LintFinding[] {
  const { effects, index } = measured;
  if (node && isHarmlessRefresh(node)) return [];
  const found: LintFinding[] = [];
  for (const table of effects.rewrites) {
    const lock = blocking(measured, table);
    if (!lock) continue;
    const message = `It writes every row of ${table} anew and holds ${describeLock(lock)} meanwhile; ${figures(measured)}`;
    found.push(
      place(index, { rule: 'measured-rewrite', class: 'rewrite', severity: 'error', message, help: ELSEWHERE.rewrite }),
    );
  }
  const built = effects.indexBuilds.filter((table) => !effects.rewrites.includes(table));
  for (const table of built) {
    const lock = blocking(measured, table);
    if (!lock) continue;
    const message = `It builds an index of ${table} and holds ${describeLock(lock)} meanwhile${describeIndexes(measured)}; ${figures(measured)}`;
    found.push(
      place(index, { rule: 'measured-index-build', class: 'lock', severity: 'error', message, help: ELSEWHERE.index }),
    );
  }
  const told = new Set([...effects.rewrites, ...built]);
  for (const table of effects.scans.filter((name) => !told.has(name))) {
    const lock = blocking(measured, table);
    if (!lock) continue;
    const message = `It reads all of ${table} and holds ${describeLock(lock)} meanwhile; ${figures(measured)}`;
    found.push(
      place(index, {
        rule: 'measured-scan-under-lock',
        class: 'scan',
        severity: 'error',
        message,
        help: node && isDefinition(node) ? ELSEWHERE.scan : ELSEWHERE.rows,
      }),
    );
  }
  return found;
}

/** The lock on the table itself, or else the strongest on another one, such as the parent of a foreign key. */
function blocking({ held }: StatementMeasurement, table: string): RelationLock | undefined {
  const strong = held.filter(({ mode }) => isStrong(mode));
  const own = strong.find(({ relation }) => relation === table);
  return own ?? strong.toSorted((a, b) => LOCK_MODES.indexOf(b.mode) - LOCK_MODES.indexOf(a.mode))[0];
}

/** It holds up only other refreshes. */
function isHarmlessRefresh(node: SqlNode): boolean {
  return 'RefreshMatViewStmt' in node && node.RefreshMatViewStmt.concurrent === true;
}

function describeLock({ relation, mode }: RelationLock): string {
  return `${mode} on ${relation}, for which ${whoWaits(mode)}`;
}

function whoWaits(mode: LockMode): string {
  return mode === 'AccessExclusiveLock' ? 'every read and write waits' : 'every write waits';
}

function describeIndexes({ indexLocks }: StatementMeasurement): string {
  const closed = indexLocks.filter(({ mode }) => mode === 'AccessExclusiveLock').map(({ relation }) => relation);
  return closed.length === 0 ? '' : `, and AccessExclusiveLock on ${closed.join(', ')}, for which reads wait too`;
}

/** Of a scratch database with few rows: what matters is that it grows with the table. */
function figures({ durationMs, walBytes }: StatementMeasurement): string {
  const duration = durationMs < 10 ? durationMs.toFixed(1) : String(Math.round(durationMs));
  return `on the scratch database it took ${duration} ms and wrote ${Math.ceil(walBytes / 1024)} kB of log, and both grow with the table`;
}
