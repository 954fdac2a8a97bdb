import type { RollClass } from './deployment.ts';
import type { Finding } from './finding.ts';
import type { Digest } from './identity.ts';
import type { MigrationCommand } from './migration-command.ts';
import type { MigrationPhase } from './phase.ts';
import type { LintRecord } from './release.ts';

/** The steps of a run, in their order. `contract` is a later run of its own. */
export type StepKind =
  | 'resolve'
  | 'lease'
  | 'preflight'
  | 'backup'
  | 'stage'
  | 'expand'
  | 'skew-check'
  | 'roll'
  | 'data'
  | 'postdeploy'
  | 'verify'
  | 'commit';

/** What can be undone when a run stops at a step. */
export type RollbackClass =
  | 'nothing-to-undo'
  /** Cached, harmless to keep. */
  | 'discard'
  /** The schema stays expanded: a safe place to stop. */
  | 'stays-expanded'
  /** Old artifacts come back. */
  | 'artifacts-go-back'
  /** Only forward from here, or a restore. */
  | 'forward-only';

export type RollbackPolicy = 'run' | 'service' | 'none';

export type GateState = 'open' | 'closed' | 'unknown';

/** A condition that must hold before a step. Unknown counts as closed. */
export interface Gate {
  readonly id: string;
  readonly title: string;
  readonly state: GateState;
  /** What was seen, in a sentence. */
  readonly evidence: string;
  /** The command that would open it. */
  readonly command?: string;
  /** The name under which an operator may accept what it warns of; left out where nobody may. */
  readonly risk?: string;
  /** What exactly would be accepted: an acceptance of something else does not count. Where it is left out, that is what the gate says. */
  readonly content?: Digest;
  /** Set when it was accepted and is not open by itself. */
  readonly accepted?: Acceptance;
}

/** That an operator goes on although something is known to be wrong or cannot be told: named, with a reason, on record. */
export interface Acceptance {
  readonly risk: string;
  /** What exactly was accepted under that name. */
  readonly content: Digest;
  /** The release that it was accepted for the sake of; another one that carries the very same risk is covered too. */
  readonly release: string;
  readonly reason: string;
  /** Who accepted it, as the system knows them. */
  readonly by: string;
  /** ISO 8601. */
  readonly acceptedAt: string;
  /** ISO 8601; it counts for nothing from then on. */
  readonly until?: string;
}

/** One line: `accepted by ana@ops1 until 2026-12-31: we have no such orders`. Ends are told to the minute, in UTC. */
export function describeAcceptance({ by, until, reason }: Acceptance): string {
  return `accepted by ${by}${until === undefined ? '' : ` until ${describeEnd(until)}`}: ${reason}`;
}

/** The last day that counts, for an end at midnight. */
function describeEnd(until: string): string {
  const at = Date.parse(until);
  if (at % 86_400_000 === 0) return new Date(at - 1).toISOString().slice(0, 10);
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Whether a run may pass: unknown is no, and only a named, recorded acceptance stands for an open gate. */
export function isPassable({ state, accepted }: Gate): boolean {
  return state === 'open' || accepted !== undefined;
}

export interface PlannedMigration {
  readonly database: string;
  readonly version: string;
  readonly phase: MigrationPhase;
  readonly sequence: number;
  readonly name: string;
  readonly path: string;
  readonly checksum: Digest;
  readonly transactional: boolean;
}

export interface PlannedRoll {
  readonly service: string;
  readonly class: RollClass;
  /** Why it is not the class that was meant, half a sentence. */
  readonly because?: string;
  /** How many instances, on all hosts together. */
  readonly replicas: number;
  /** Its hosts in the order in which they are rolled; those of one wave at once. Left out where there are no hosts. */
  readonly waves?: readonly (readonly string[])[];
  /** Services whose new instances must take traffic first. */
  readonly after: readonly string[];
  readonly reason: 'new-artifact' | 'new-config' | 'other-number' | 'not-running' | 'not-routed';
  readonly fromRelease?: string;
  readonly identity: Digest;
}

export interface PlanStep {
  /** Unique in its hop, such as `roll:api`. */
  readonly key: string;
  readonly kind: StepKind;
  readonly title: string;
  readonly rollback: RollbackClass;
  /** False for a step that Onward does not do yet or that the deployment has not configured; `note` says what that means. */
  readonly configured: boolean;
  readonly note?: string;
  readonly migrations?: readonly PlannedMigration[];
  /** The product's own commands, run behind the migrations in this order. */
  readonly commands?: readonly MigrationCommand[];
  /** Changes of configuration files: `app: add BILLING_CURRENCY`. */
  readonly configuration?: readonly string[];
  readonly roll?: PlannedRoll;
}

/** One run of the campaign: from one release to the next. */
export interface Hop {
  readonly from: string;
  readonly to: string;
  readonly releaseDigest: Digest;
  /** What the lint said of the migrations that the release adds; `undefined`: nobody looked. */
  readonly lint?: LintRecord;
  /** Why the path stops here, for every hop but the last. */
  readonly stop?: { readonly id: string; readonly reason: string };
  readonly steps: readonly PlanStep[];
  readonly carried: readonly { readonly service: string; readonly producedBy: string }[];
}

/** The ordered steps from here to the target, with gates. Pure data: `--json`, `--out` and the screen show the same value. */
export interface Plan {
  readonly schema: 'onward/plan/v1';
  readonly deployment: string;
  readonly product: string;
  readonly from: string;
  readonly to: string;
  readonly requested: string;
  readonly rollback: RollbackPolicy;
  /** Only these services roll; `undefined` is all of them. */
  readonly only?: readonly string[];
  readonly hops: readonly Hop[];
  readonly gates: readonly Gate[];
  readonly findings: readonly Finding[];
  /** Key of the step after which old artifacts cannot come back. */
  readonly pointOfNoReturn: string;
  readonly nextCommand: string;
  /** Over everything the plan was made from and decides; a saved plan whose digest no longer comes out is void. */
  readonly digest: Digest;
}
