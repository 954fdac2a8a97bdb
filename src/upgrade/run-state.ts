import type { TotalObservation } from '../checks/index.ts';
import type {
  Acceptance,
  Digest,
  JournalRecord,
  Json,
  PlannedRoll,
  RollbackPolicy,
  RunOutcome,
  RunSummary,
  StepKind,
  TotalMoment,
} from '../model/index.ts';

/** What the switch of a service has counted. */
export interface TrafficCount {
  readonly carried: number;
  readonly failed: number;
  /** Another text once the switch has lost counts. */
  readonly since?: string;
}

/** What a run is about, frozen in its first record. */
export interface RunStart {
  readonly kind: 'upgrade' | 'provision' | 'contract';
  readonly deployment: string;
  readonly from: string;
  readonly to: string;
  /** Where the campaign goes, of which this run is a hop. */
  readonly target: string;
  readonly requested: string;
  readonly releaseDigest: Digest;
  readonly rollback: RollbackPolicy;
}

/** How one service was before the run: the instances to come back to. */
export interface Original {
  readonly service: string;
  readonly instances: readonly string[];
}

/** What was decided and seen before anything changed. It cannot be observed again once the run has begun to change things. */
export interface Before {
  /** Every service that rolls in this run, in the order of their dependencies. */
  readonly rolls: readonly PlannedRoll[];
  readonly originals: readonly Original[];
  /** Results of the checks whose value must stay, by check. */
  readonly checks: Json;
  /** What the totals were. */
  readonly totals: readonly TotalObservation[];
  /** Identities of the configuration files as the run leaves them, by name. */
  readonly configuration?: { readonly [name: string]: Digest };
  readonly traffic: { readonly [service: string]: TrafficCount };
}

/** What the journal alone can tell of a run; everything else is observed. */
export interface RunState {
  readonly start: RunStart;
  readonly before: Before | undefined;
  readonly direction: 'forward' | 'back';
  readonly backReason: string | undefined;
  /** It has frozen revisions of the configuration files. */
  readonly isConfigured: boolean;
  /** Services whose roll has begun, in the order in which they did. */
  readonly rolled: readonly string[];
  readonly step: StepKind | 'back';
  /** The last phase after which totals were compared. */
  readonly compared: TotalMoment | undefined;
  readonly outcome: RunOutcome;
  /** Set when the run was parked on request: everything up to this step is done. */
  readonly parkedAfter: string | undefined;
  /** How often the run was begun or taken up. */
  readonly attempts: number;
}

export const RUN_KEYS = {
  started: 'run.started',
  before: 'run.before',
  direction: 'run.direction',
  parked: 'run.parked',
  ended: 'run.ended',
  taken: 'run.taken',
  configuration: 'run.configuration',
} as const;

/** Key of what the totals were after a phase. */
export const TOTALS_KEY = 'totals';

/** Reads the state of a run from its records. The first record is always `run.started`. */
export function readRunState(records: readonly JournalRecord[]): RunState | undefined {
  const first = records[0];
  if (first?.key !== RUN_KEYS.started) return undefined;
  const last = (key: string) => records.findLast((record) => record.key === key);
  const direction = last(RUN_KEYS.direction);
  const parked = last(RUN_KEYS.parked);
  const taken = last(RUN_KEYS.taken);
  const before = last(RUN_KEYS.before);
  const compared = last(TOTALS_KEY)?.data.moment as TotalMoment | undefined;
  const rolled = records.filter(
    (record) => record.kind === 'note' && record.key === 'step.started' && record.step.startsWith('roll:'),
  );
  return {
    start: first.data as unknown as RunStart,
    before: before?.data as Before | undefined,
    direction: direction?.data.direction === 'back' ? 'back' : 'forward',
    backReason: direction?.data.direction === 'back' ? String(direction.data.reason) : undefined,
    isConfigured: last(RUN_KEYS.configuration) !== undefined,
    rolled: [...new Set(rolled.map((record) => record.step.slice('roll:'.length)))],
    step: (records.at(-1)?.step.split(':')[0] ?? 'resolve') as RunState['step'],
    compared,
    outcome: (last(RUN_KEYS.ended)?.data.outcome as RunOutcome | undefined) ?? 'unfinished',
    parkedAfter: parked && (!taken || taken.seq < parked.seq) ? String(parked.data.after) : undefined,
    attempts: records.filter((record) => record.key === RUN_KEYS.taken).length,
  };
}

/** A run in one line of the history. */
export function summarizeRun(run: string, records: readonly JournalRecord[]): RunSummary | undefined {
  const state = readRunState(records);
  const first = records[0];
  const end = records.findLast((record) => record.key === RUN_KEYS.ended);
  if (!state || !first) return undefined;
  const accepted = readAccepted(records);
  return {
    run,
    ...(state.start.kind === 'contract' ? { kind: 'contract' as const } : {}),
    from: state.start.from,
    to: state.start.to,
    campaignTarget: state.start.target,
    startedAt: first.t,
    ...(end ? { endedAt: end.t } : {}),
    outcome: state.outcome,
    step: records.at(-1)?.step ?? '',
    ...(accepted.length === 0 ? {} : { accepted }),
  };
}

/** The key of the record that a run goes on in spite of a gate. */
export function acceptedKey(risk: string): string {
  return `${ACCEPTED}${risk}`;
}

const ACCEPTED = 'accepted:';

/** The acceptances that the run was begun or taken up with, the latest for each risk. */
export function readAccepted(records: readonly JournalRecord[]): readonly Acceptance[] {
  const latest = new Map(
    records
      .filter(({ kind, key }) => kind === 'decision' && key.startsWith(ACCEPTED))
      .map(({ key, data }) => [key, data.acceptance as unknown as Acceptance] as const),
  );
  return [...latest.values()];
}
