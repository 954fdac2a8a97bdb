import type { DataMigrationStatus } from '../data-migrate/index.ts';
import { countInstances, type LeaseFact, OnwardError, type QuarantineFact, type RunSummary } from '../model/index.ts';
import type { System } from '../system/index.ts';
import { observeDataMigrations } from './data-migrations.ts';
import { collectStepDurations, estimateRemaining } from './estimate.ts';
import { findNewestRun, listRuns } from './find-run.ts';
import type { Installation } from './installation.ts';
import { loadJournal } from './journal.ts';
import { observeCurrent, observeLease } from './observe-control.ts';
import { observeQuarantines } from './quarantines.ts';
import { readRunState } from './run-state.ts';

export interface ServiceStatus {
  readonly service: string;
  /** Releases that produced what runs, with how many instances each. */
  readonly running: readonly { readonly release: string; readonly instances: number }[];
  readonly replicas: number;
  readonly traffic?: {
    readonly carried: number;
    readonly failed: number;
    readonly inFlight: number;
    readonly isHeld: boolean;
  };
}

export interface RunStatus extends RunSummary {
  readonly direction: 'forward' | 'back';
  readonly parkedAfter?: string;
  /** True while a process holds the lease for it. */
  readonly isAlive: boolean;
  readonly remainingMs?: number;
}

/** What serves now and what a run is doing, for people and `--json`. */
export interface Status {
  readonly deployment: string;
  readonly release: string | undefined;
  readonly services: readonly ServiceStatus[];
  readonly lease: LeaseFact;
  /** The run that has not ended. */
  readonly run: RunStatus | undefined;
  /** Privileges that are taken now. */
  readonly quarantines: readonly QuarantineFact[];
  /** The data migrations at which the run is. */
  readonly data: readonly DataMigrationStatus[];
  /** What could not be seen, and why: the release when the control database is away, the run when its journal is damaged. */
  readonly problems: readonly string[];
}

const STEPS_BEFORE_ROLL = ['stage', 'expand', 'skew-check'];
const STEPS_BEHIND_ROLL = ['postdeploy', 'verify', 'commit'];
const CONTRACT_STEPS = ['preflight', 'backup', 'quarantine', 'contract', 'verify'];

/** Looks, changes nothing. What serves is shown whatever else cannot be seen. */
export async function observeStatus(system: System, installation: Installation): Promise<Status> {
  const problems: string[] = [];
  const [current, lease, services, run, quarantines] = await Promise.all([
    observeCurrent(installation).catch(noteProblem(problems)),
    observeLease(system, installation),
    Promise.all(installation.deployment.services.map((service) => observeService(installation, service))),
    observeRun(system, installation.deployment.stateDirectory).catch(noteProblem(problems)),
    observeQuarantines(system, installation).catch(noteProblem(problems)),
  ]);
  const isAlive = lease.kind === 'held' && lease.run === run?.run;
  const isMovingRows = isAlive && run?.step === 'data';
  const data = isMovingRows
    ? ((await observeDataMigrations(system, installation).catch(noteProblem(problems))) ?? [])
    : [];
  return {
    deployment: installation.deployment.name,
    release: current?.release,
    services,
    lease,
    run: run && { ...run, isAlive },
    quarantines: quarantines ?? [],
    data: data.map(({ status }) => status).filter(({ status }) => status === 'running'),
    problems,
  };
}

/** Keeps the reason for which something could not be seen; what is no reason of ours is thrown on. */
function noteProblem(problems: string[]): (error: unknown) => undefined {
  return (error) => {
    if (!(error instanceof OnwardError)) throw error;
    // Several questions fail for one reason.
    if (!problems.includes(error.message)) problems.push(error.message);
    return undefined;
  };
}

async function observeService(
  installation: Installation,
  service: Installation['deployment']['services'][number],
): Promise<ServiceStatus> {
  const counts = new Map<string, number>();
  for (const instance of await installation.runtimeOf(service.name).list(service.name)) {
    if (instance.state === 'running') counts.set(instance.release, (counts.get(instance.release) ?? 0) + 1);
  }
  const running = [...counts].sort().map(([release, instances]) => ({ release, instances }));
  const found =
    service.switch.kind === 'none' ? undefined : await installation.switchOf(service.name).observe(service.name);
  return {
    service: service.name,
    running,
    replicas: countInstances(service),
    ...(found
      ? {
          traffic: {
            carried: found.counters.carried,
            failed: found.counters.failed,
            inFlight: found.targets.reduce((sum, target) => sum + target.inFlight, 0),
            isHeld: found.isHeld,
          },
        }
      : {}),
  };
}

async function observeRun(system: System, stateDirectory: string): Promise<Omit<RunStatus, 'isAlive'> | undefined> {
  const newest = await findNewestRun(system, stateDirectory);
  if (newest?.state.outcome !== 'unfinished') return undefined;
  const records = await loadJournal(system, stateDirectory, newest.run);
  const runs = await listRuns(system, stateDirectory);
  const summary = runs.find((candidate) => candidate.run === newest.run);
  const state = readRunState(records);
  if (!summary || !state) return undefined;
  const earlier = await Promise.all(
    runs
      .filter((candidate) => candidate.run !== newest.run)
      .map(async ({ run }) => await loadJournal(system, stateDirectory, run)),
  );
  const rolls = (state.before?.rolls ?? []).map((roll) => `roll:${roll.service}`);
  const steps =
    state.start.kind === 'contract' ? CONTRACT_STEPS : [...STEPS_BEFORE_ROLL, ...rolls, ...STEPS_BEHIND_ROLL];
  const remainingMs = estimateRemaining(steps, records, {
    durations: collectStepDurations(earlier),
    nowMs: system.clock.now().getTime(),
  });
  return {
    ...summary,
    direction: state.direction,
    ...(state.parkedAfter === undefined ? {} : { parkedAfter: state.parkedAfter }),
    ...(remainingMs === undefined || state.direction === 'back' ? {} : { remainingMs }),
  };
}
