import { checkTotalsBefore, compareTotals, type TotalObservation } from '../checks/index.ts';
import type { Total, TotalMoment } from '../model/index.ts';
import type { System } from '../system/index.ts';
import { findUnfinishedRun } from './find-run.ts';
import type { Installation } from './installation.ts';
import { observeCurrent } from './observe-control.ts';
import { observeChecks } from './steps/run-checks.ts';
import { listContractTotals, listTotals, readTotals } from './totals.ts';

/** One check or total, and what it says now. */
export interface Verified {
  readonly kind: 'check' | 'total';
  readonly name: string;
  readonly ok: boolean;
  /** One sentence without its full stop. */
  readonly evidence: string;
  readonly durationMs: number;
}

/** Figures of one total that are shown; the others are counted. */
const SHOWN = 3;

/**
 * Runs every smoke check once, and reads every total of the release: while a run has not ended they are compared with what they were
 * before it, else a total must be readable and have the value that it must always have. Changes nothing.
 */
export async function runVerification(system: System, installation: Installation): Promise<readonly Verified[]> {
  const checks = await observeChecks(installation);
  const verified: readonly Verified[] = [
    ...checks.map(({ name, ok, evidence, durationMs }) => ({ kind: 'check' as const, name, ok, evidence, durationMs })),
    ...(await verifyTotals(system, installation)),
  ];
  for (const { kind, name, ok, evidence } of verified) system.log.emit({ type: kind, name, ok, evidence });
  return verified;
}

async function verifyTotals(system: System, installation: Installation): Promise<readonly Verified[]> {
  try {
    const { totals, moment, before } = await findTotals(system, installation);
    const now = await readTotals(system, installation, { totals, moment });
    return totals.flatMap((total) => {
      const observed = now.find(({ name }) => name === total.name);
      if (!observed) return [];
      const [finding] = before ? compareTotals([total], { before, now }) : checkTotalsBefore([total], now);
      const evidence = finding?.message.slice(`${total.name}: `.length) ?? describeFigures(observed);
      return [{ kind: 'total', name: total.name, ok: !finding, evidence, durationMs: observed.durationMs }];
    });
  } catch (error) {
    const evidence = `they cannot be read: ${(error as Error).message.replace(/\.$/, '')}`;
    return [{ kind: 'check', name: 'totals', ok: false, evidence, durationMs: 0 }];
  }
}

interface FoundTotals {
  readonly totals: readonly Total[];
  readonly moment: TotalMoment;
  /** What they were before the run that has not ended. */
  readonly before?: readonly TotalObservation[];
}

/** Of the run that has not ended, in the shape that it has come to; else of the release that is installed. */
async function findTotals(system: System, installation: Installation): Promise<FoundTotals> {
  const unfinished = await findUnfinishedRun(system, installation.deployment.stateDirectory);
  if (unfinished && unfinished.state.start.from !== 'none') {
    const { start, before, compared } = unfinished.state;
    const totals =
      start.kind === 'contract'
        ? await listContractTotals(installation, start.from)
        : await listTotals(installation, start);
    return { totals, moment: compared ?? 'before', ...(before && compared ? { before: before.totals } : {}) };
  }
  const current = await observeCurrent(installation);
  if (!current) return { totals: [], moment: 'verify' };
  return { totals: await listTotals(installation, { from: 'none', to: current.release }), moment: 'verify' };
}

/** `cents 519900000, invoices 300000`, or how many rows there are. */
function describeFigures({ columns, rows }: TotalObservation): string {
  if (rows.length !== 1) return `${rows.length} rows`;
  const figures = columns.map(({ name }, index) => `${name} ${rows[0]?.[index] ?? 'null'}`);
  const more = figures.length > SHOWN ? [`and ${figures.length - SHOWN} more`] : [];
  return [...figures.slice(0, SHOWN), ...more].join(', ');
}
