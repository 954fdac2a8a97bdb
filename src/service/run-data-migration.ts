import { setTimeout as sleep } from 'node:timers/promises';
import type { SqlClient } from './client.ts';
import type { DataMigration } from './define-data-migration.ts';
import { assertRights, type Claim, type Counters, loadStatus, noteRefusal } from './ledger.ts';
import { type BatchEnd, runBatch } from './run-batch.ts';
import { loadTable } from './table.ts';

/** The server gave the batch up: too slow, a deadlock, or a lock that somebody else holds. A smaller one may pass. */
const REFUSALS: Readonly<Record<string, string>> = {
  '57014': 'a batch that takes less time',
  '40P01': 'the end of a deadlock with another session',
  '55P03': 'rows that another session has locked',
  '40001': 'the end of a conflict with another session',
};
const LOCK_TIMEOUT_MS = 500;
const SHORTEST_STATEMENT_TIMEOUT_MS = 5_000;
const LONGEST_STATEMENT_TIMEOUT_MS = 60_000;
const LARGEST_ROWS = 50_000;
const LONGEST_PAUSE_MS = 5_000;
const TELL_EVERY_MS = 500;

export interface Run {
  readonly client: SqlClient;
  readonly migration: DataMigration;
  readonly claim: Claim;
  readonly rows: number;
  readonly signal: AbortSignal;
  readonly onProgress: (totals: Counters, waitingFor: string | undefined) => void;
}

export interface RunEnd {
  readonly status: 'completed' | 'paused' | 'stopped';
  readonly totals: Counters;
}

/** Goes through the batches until the last one, or until somebody asks it to stop, which takes effect within a batch. */
export async function runDataMigration(run: Run): Promise<RunEnd> {
  const { client, migration, claim, signal } = run;
  await assertRights(client, claim);
  const table = await loadTable(client, migration, claim.scope?.value);
  const { targetMs } = migration.batch;
  let statementTimeoutMs = Math.max(SHORTEST_STATEMENT_TIMEOUT_MS, targetMs * 4);
  let { rows } = run;
  let refusals = 0;
  let toldAt = 0;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const limits = { rows, statementTimeoutMs, lockTimeoutMs: LOCK_TIMEOUT_MS };
    const ended = await attempt(run, () => runBatch({ client, migration, table, claim, limits, signal }));
    if (ended.kind === 'stopped') break;
    if (ended.kind === 'refused') {
      if (ended.code === '57014' && rows === 1 && statementTimeoutMs >= LONGEST_STATEMENT_TIMEOUT_MS) throw ended.error;
      if (ended.code === '57014' && rows === 1) statementTimeoutMs *= 2;
      rows = Math.max(1, Math.floor(rows / 2));
      refusals += 1;
      const waitingFor = REFUSALS[ended.code] ?? '';
      run.onProgress(await noteRefusal(client, claim, waitingFor), waitingFor);
      await sleep(Math.min(LONGEST_PAUSE_MS, 10 * 2 ** refusals), undefined, { signal }).catch(() => {});
      continue;
    }
    refusals = 0;
    if (ended.kind !== 'done') return finish(run, STATUS[ended.kind]);
    if (performance.now() - toldAt >= TELL_EVERY_MS) {
      toldAt = performance.now();
      run.onProgress(ended.totals, undefined);
    }
    rows = chooseRows(rows, { ms: performance.now() - startedAt, targetMs });
  }
  return finish(run, 'stopped');
}

const STATUS = { end: 'completed', pause: 'paused', cancel: 'stopped' } as const;

async function finish({ client, claim }: Run, status: RunEnd['status']): Promise<RunEnd> {
  return { status, totals: await loadStatus(client, claim.id) };
}

type Attempt =
  | BatchEnd
  | { readonly kind: 'stopped' }
  | { readonly kind: 'refused'; readonly code: string; readonly error: Error };

/** A batch that fails because it was asked to end is none that failed. */
async function attempt({ signal }: Run, batch: () => Promise<BatchEnd>): Promise<Attempt> {
  try {
    return await batch();
  } catch (error) {
    if (signal.aborted) return { kind: 'stopped' };
    const { code = '' } = error as { readonly code?: string };
    if (!(code in REFUSALS)) throw error;
    return { kind: 'refused', code, error: error as Error };
  }
}

/** Rows of the next batch: towards the target, and at most half as many again. */
function chooseRows(rows: number, took: { readonly ms: number; readonly targetMs: number }): number {
  const wanted = Math.floor((rows * took.targetMs) / Math.max(1, took.ms));
  return Math.max(1, Math.min(wanted, Math.ceil(rows * 1.5), LARGEST_ROWS));
}
