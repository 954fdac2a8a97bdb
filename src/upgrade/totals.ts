import { checkTotalsBefore, compareTotals, observeTotals, type TotalObservation } from '../checks/index.ts';
import {
  chooseTotalQuery,
  compareVersions,
  isReadAt,
  type JournalRecord,
  type Json,
  mergeTotals,
  type Total,
  type TotalMoment,
} from '../model/index.ts';
import type { System } from '../system/index.ts';
import type { Installation } from './installation.ts';
import type { RunContext } from './run-context.ts';
import { TOTALS_KEY } from './run-state.ts';
import { totalsDiffer } from './total-errors.ts';

/**
 * The totals that a run compares: the target's, and what the releases that it jumps over must keep by themselves; of those that were
 * withdrawn, nothing.
 */
export async function listTotals(
  installation: Installation,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<readonly Total[]> {
  const target = await installation.source.release(to);
  if (from === 'none' || from === to) return target.totals ?? [];
  const { releases } = await installation.source.catalog();
  const passed = releases
    .filter(({ withdrawn }) => !withdrawn)
    .map(({ version }) => version)
    .filter((version) => compareVersions(version, from) > 0 && compareVersions(version, to) < 0)
    .sort(compareVersions);
  return mergeTotals([...(await Promise.all(passed.map((each) => installation.source.release(each)))), target]);
}

/** The totals that a contract run compares: those of the release that runs, each in the shape that it has come to. */
export async function listContractTotals(installation: Installation, release: string): Promise<readonly Total[]> {
  const { totals = [] } = await installation.source.release(release);
  return totals
    .filter(({ phases }) => phases.includes('contract'))
    .map((total) => ({ ...total, queries: [{ from: 'before', query: chooseTotalQuery(total, 'contract') }] }));
}

/** Reads the totals that are of interest at this moment. What cannot be read is an observation. Changes nothing. */
export function readTotals(
  system: System,
  installation: Installation,
  request: { readonly totals: readonly Total[]; readonly moment: TotalMoment; readonly signal?: AbortSignal },
): Promise<readonly TotalObservation[]> {
  const totals = request.totals.filter((total) => isReadAt(total, request.moment));
  return observeTotals(system, { ...request, totals, databases: installation.databases });
}

/** What speaks against a run before its first change, in words: totals that cannot be read, or do not hold already. */
export function findTotalProblems(
  context: Pick<RunContext, 'totals'>,
  before: readonly TotalObservation[],
): readonly string[] {
  const totals = context.totals.filter((total) => isReadAt(total, 'before'));
  return checkTotalsBefore(totals, before).map(({ message }) => message);
}

/** What `compareTotalsAfter` needs of a run, of whatever kind. */
type Compared = Pick<RunContext, 'system' | 'installation' | 'journal' | 'totals' | 'signal'> & {
  readonly start: Pick<RunContext['start'], 'from'>;
  readonly before: { readonly totals: readonly TotalObservation[] };
};

/**
 * Reads the totals again after a phase, records them, and compares them with what they were before the run. Throws `upgrade.totals-differ`
 * when one is not what it must be, or cannot be read. A first install has no before: only what must have a value is compared, at the end.
 */
export async function compareTotalsAfter(context: Compared, moment: TotalMoment): Promise<void> {
  const { system, installation, journal, before, signal } = context;
  const totals = listDue(context, moment);
  if (totals.length === 0) return;
  const now = await readTotals(system, installation, { totals, moment, signal });
  const problems = compareTotals(totals, { before: before.totals, now }).map(({ message }) => message);
  const data = { moment, observed: now as unknown as Json, problems };
  await journal.append({ step: moment, key: TOTALS_KEY, kind: 'observe', data });
  system.log.emit({ type: 'totals.compared', run: journal.run, step: moment, totals: totals.length, problems });
  if (problems.length > 0) throw totalsDiffer(moment, problems);
}

function listDue({ totals, start }: Pick<Compared, 'totals' | 'start'>, moment: TotalMoment): readonly Total[] {
  const due = totals.filter(({ phases }) => phases.includes(moment));
  if (start.from !== 'none') return due;
  return moment === 'verify' ? due.filter(({ rule }) => rule.kind === 'equals') : [];
}

/** Says how many totals were compared in this run, after how many phases. */
export function reportTotals({ system, journal }: Pick<Compared, 'system' | 'journal'>): void {
  const { totals, phases } = countCompared(journal.records);
  if (totals > 0) system.log.emit({ type: 'run.totals', run: journal.run, totals, phases });
}

function countCompared(records: readonly JournalRecord[]): { readonly totals: number; readonly phases: number } {
  const compared = records.filter(({ key, kind }) => key === TOTALS_KEY && kind === 'observe');
  const names = compared.flatMap(({ data }) =>
    (data.observed as unknown as readonly TotalObservation[]).map((it) => it.name),
  );
  return { totals: new Set(names).size, phases: new Set(compared.map(({ step }) => step)).size };
}
