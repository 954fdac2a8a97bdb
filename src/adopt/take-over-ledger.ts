import { type AdoptedEntry, type AppliedElsewhere, type Fence, recordApplied } from '../migrate/index.ts';
import type { LogEvent, Session, System } from '../system/index.ts';
import { changedMeanwhile, refusedLedger, schemaDiffers, toolAtWork } from './errors.ts';
import { renderDifference } from './judge-equality.ts';
import { type FoundLedger, loadLines } from './ledgers/find-ledgers.ts';
import { quoteTable } from './ledgers/ledger-tool.ts';
import type { TakenFile } from './ledgers/match-files.ts';
import type { LedgerPlan } from './plan-ledger.ts';

export interface TakeOverOptions {
  readonly run: string;
  /** In a deployment, whose lease is held. */
  readonly fence?: Fence;
  readonly lockWaitMs?: number;
  readonly onEvent?: (event: LogEvent) => void;
  readonly signal?: AbortSignal;
}

/** Throws `adopt.refused` or `adopt.schema-differs` when something stands in the way of a plan. */
export function assertAdoptable(plan: LedgerPlan): void {
  if (plan.findings.some(({ severity }) => severity === 'error')) throw refusedLedger(plan.source, plan.findings);
  const { proof } = plan;
  if (proof && proof.deciding.length > 0)
    throw schemaDiffers(plan.database, { files: proof.files, difference: renderDifference(proof.deciding).trimEnd() });
}

/**
 * Records in Onward's ledger what the plan says was applied, as a whole or not at all; gives how many files were added. It runs no migration
 * and writes nothing to the other tool's table. Done again, it compares and adds nothing. Throws as `assertAdoptable` and `recordApplied`
 * do, `adopt.tool-at-work` while somebody writes to the other ledger, and `adopt.changed-meanwhile` when it is not what was planned with.
 */
export async function takeOverLedger(system: System, plan: LedgerPlan, options: TakeOverOptions): Promise<number> {
  assertAdoptable(plan);
  const { found } = plan;
  const { run, fence, lockWaitMs, onEvent, signal } = options;
  return recordApplied(system, {
    target: plan.target,
    release: '',
    run,
    ...(fence ? { fence } : {}),
    ...(lockWaitMs === undefined ? {} : { lockWaitMs }),
    ...(onEvent ? { onEvent } : {}),
    ...(signal ? { signal } : {}),
    tool: toolOf(plan),
    files: listFiles(plan),
    entries: listEntries(plan),
    confirm: async (session) => {
      if (found) await confirm(session, found, plan.source);
    },
  });
}

function toolOf({ found }: LedgerPlan): string {
  return found?.tool.name ?? 'baseline';
}

function listFiles(plan: LedgerPlan): readonly AppliedElsewhere[] {
  const taken = plan.taken.map(({ file, entry }) => ({ file, origin: toolOf(plan), ...timesOf(entry) }));
  return [...taken, ...plan.claimed.map((file) => ({ file, origin: 'baseline' }))];
}

function timesOf({
  appliedAt,
  durationMs = 0,
}: TakenFile['entry']): Pick<AppliedElsewhere, 'startedAt' | 'finishedAt'> {
  const finishedAt = toTime(appliedAt);
  if (!finishedAt) return {};
  return { finishedAt, startedAt: new Date(finishedAt.getTime() - durationMs) };
}

function listEntries(plan: LedgerPlan): readonly AdoptedEntry[] {
  const { source, proof, found } = plan;
  return [
    ...plan.taken.map(({ entry, file, by }): AdoptedEntry => {
      const said = by === 'name' && proof ? 'schema' : by;
      return { source, key: entry.key, file, proof: said, appliedAt: toTime(entry.appliedAt), entry: entry.line };
    }),
    ...plan.folded.map(
      (entry): AdoptedEntry => ({
        ...{ source, key: entry.key, file: undefined, proof: 'schema', entry: entry.line },
        appliedAt: toTime(entry.appliedAt),
      }),
    ),
    ...plan.claimed.map(
      (file): AdoptedEntry => ({
        ...{ source, key: `baseline ${file.path}`, file, proof: 'schema', appliedAt: undefined },
        entry: { bornWith: found?.ledger.bornWith?.label ?? 'the baseline that was named' },
      }),
    ),
  ];
}

/** `undefined` for what is no time, such as `infinity`. */
function toTime(text: string | undefined): Date | undefined {
  const time = new Date(text ?? '');
  return Number.isNaN(time.getTime()) ? undefined : time;
}

/** In the transaction that writes: the other tool is not at work, and has not been since its ledger was read. */
async function confirm(session: Session, { tool, table, lines, timeZone }: FoundLedger, source: string): Promise<void> {
  const { rows } = await session.query<{ who: string }>(
    `select 'pid ' || l.pid || ' (' || coalesce(a.application_name, 'unknown') || ')' as who
     from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
     where l.pid <> pg_catalog.pg_backend_pid() and coalesce(a.backend_type, '') <> 'autovacuum worker'
       and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
       and (l.locktype = 'relation' and l.relation = $1::pg_catalog.regclass and l.mode not in ('AccessShareLock', 'RowShareLock')
            or l.locktype = 'advisory' and l.granted and ${tool.lock ?? 'false'})`,
    [quoteTable(table)],
  );
  const [writer] = rows;
  if (writer) throw toolAtWork(source, writer.who);
  await session.query(`select pg_catalog.set_config('TimeZone', $1, true)`, [timeZone]);
  const now = await loadLines(session, tool, table);
  if (JSON.stringify(now) !== JSON.stringify(lines)) throw changedMeanwhile(source);
}
