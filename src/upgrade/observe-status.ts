import type { DataMigrationStatus } from '../data-migrate/index.ts';
import type { Instance } from '../deploy/index.ts';
import {
  countInstances,
  type LeaseFact,
  OnwardError,
  type PlaceFact,
  type QuarantineFact,
  type RunSummary,
  type Service,
} from '../model/index.ts';
import type { System } from '../system/index.ts';
import { observeDataMigrations } from './data-migrations.ts';
import { collectStepDurations, estimateRemaining } from './estimate.ts';
import { findNewestRun, listRuns } from './find-run.ts';
import type { Installation } from './installation.ts';
import { loadJournal } from './journal.ts';
import { observeCurrent, observeLease } from './observe-control.ts';
import { observeRuntimes } from './observe-runtimes.ts';
import { observeUpcoming, type Upcoming } from './observe-upcoming.ts';
import { observeQuarantines } from './quarantines.ts';
import { readRunState } from './run-state.ts';

export interface ServiceStatus {
  readonly service: string;
  /** Its runtime does not say what runs; `running` and `instances` are empty then. */
  readonly isHidden?: true;
  readonly instances: readonly InstanceStatus[];
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

/** One instance, whatever its state. */
export type InstanceStatus = Pick<
  Instance,
  'id' | 'kind' | 'release' | 'identity' | 'state' | 'restarts' | 'place' | 'pid' | 'startedAt' | 'exit' | 'note'
>;

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
  /** Engines and hosts on which they run; none where all are processes of this machine. */
  readonly places: readonly PlaceFact[];
  /** What an upgrade would go to now; `undefined`: there is nothing newer, or it cannot be told. */
  readonly upcoming: Upcoming | undefined;
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
  const [current, lease, services, run, quarantines, runtimes] = await Promise.all([
    observeCurrent(installation).catch(noteProblem(problems)),
    observeLease(system, installation),
    Promise.all(installation.deployment.services.map((service) => observeService(installation, service, problems))),
    observeRun(system, installation.deployment.stateDirectory).catch(noteProblem(problems)),
    observeQuarantines(system, installation).catch(noteProblem(problems)),
    observeRuntimes(installation, []),
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
    places: runtimes?.places ?? [],
    upcoming: current && (await observeUpcoming(installation, { current: current.release, services })),
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
  service: Service,
  problems: string[],
): Promise<ServiceStatus> {
  const { name } = service;
  const list = await installation.runtimeOf(name).list(name).catch(noteProblem(problems));
  const traffic = await observeTraffic(installation, service).catch(noteProblem(problems));
  const counts = new Map<string, number>();
  for (const { state, release } of list ?? []) {
    if (state === 'running') counts.set(release, (counts.get(release) ?? 0) + 1);
  }
  return {
    service: name,
    ...(list ? {} : { isHidden: true }),
    running: [...counts].sort().map(([release, instances]) => ({ release, instances })),
    instances: (list ?? []).map(describeInstance),
    replicas: countInstances(service),
    ...(traffic ? { traffic } : {}),
  };
}

function describeInstance(instance: Instance): InstanceStatus {
  const { service: _service, config: _config, run: _run, address: _address, host: _host, ...told } = instance;
  return told;
}

async function observeTraffic(installation: Installation, service: Service): Promise<ServiceStatus['traffic']> {
  if (service.switch.kind === 'none') return undefined;
  const found = await installation.switchOf(service.name).observe(service.name);
  if (!found) return undefined;
  return {
    carried: found.counters.carried,
    failed: found.counters.failed,
    inFlight: found.targets.reduce((sum, target) => sum + target.inFlight, 0),
    isHeld: found.isHeld,
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
