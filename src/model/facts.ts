import type { BypassFact } from './bypass.ts';
import type { ConditionFacts } from './condition.ts';
import type { Deployment } from './deployment.ts';
import type { Finding } from './finding.ts';
import type { Digest } from './identity.ts';
import type { ImageFact } from './image-fact.ts';
import type { Acceptance } from './plan.ts';
import type { Catalog, MigrationRef, Release } from './release.ts';

/** One instance as it was seen. */
export interface InstanceFact {
  readonly id: string;
  readonly service: string;
  /** The release that produced its artifact. */
  readonly release: string;
  readonly identity: Digest;
  readonly config: Digest;
  readonly run: string;
  /** Where it runs, for people: a container, or a host and its unit. */
  readonly place?: string;
  /** The command that shows what it writes; `undefined`: its file does. */
  readonly log?: string;
  readonly state: 'created' | 'running' | 'waiting' | 'stopped' | 'lost' | 'unknown';
  readonly restarts: number;
  /** Where it listens, as `host:port`. */
  readonly address?: string;
  /** Where it can be reached as well, as `host:port`; left out: nowhere else is known. */
  readonly alsoAt?: readonly string[];
  /** How a stopped one ended. */
  readonly exitCode?: number | null;
  /** What its runtime has seen go wrong with it, in half a sentence. */
  readonly note?: string;
}

/** What the switch does for one service; `undefined` targets: there is no such frontend. */
export interface FrontendFact {
  readonly service: string;
  /** `host:port`. */
  readonly listen?: string;
  readonly targets:
    | readonly {
        readonly id: string;
        readonly state: string;
        /** `host:port`. */
        readonly address?: string;
      }[]
    | undefined;
  /** The address in onward.yaml, where the switch does not listen on it yet: whether it can be listened on. */
  readonly wanted?: { readonly address: string; readonly isFree: boolean };
  /** Of a switch that is a program of the operator's: why it cannot be used, or that it can. */
  readonly use?: { readonly problem?: { readonly message: string; readonly hint: string } };
  /** Of such a switch that can be used: who else in it sends requests to the instances. */
  readonly bypasses?: readonly BypassFact[];
}

/**
 * Whether the statements of this deployment still work when the pending migrations of the expand phase are applied: tried out on a copy of
 * the schema. `not-configured`: it cannot be tried here, and `evidence` says what it would take.
 */
export interface ProofFact {
  readonly state: 'proved' | 'breaks' | 'unknown' | 'not-configured';
  /** A sentence. */
  readonly evidence: string;
  /** Each statement that breaks, or whose result changes. */
  readonly findings: readonly Finding[];
}

/** Privileges that a contract run has taken, for a set time, to see who still needs what goes. */
export interface QuarantineFact {
  readonly database: string;
  readonly id: string;
  readonly run: string;
  /** ISO 8601. */
  readonly until: string;
  /** Such as `public.orders.total`. */
  readonly doomed: readonly string[];
  /** The one statement that gives everything back. */
  readonly undo: string;
}

/** One database as it was seen. What could not be seen is `undefined`, which is never taken for "fine". */
export interface DatabaseFact {
  readonly name: string;
  /** How one logs in there from here: `ssh -F ssh_config a`; `undefined`: commands for it are typed here. */
  readonly login?: string;
  readonly isReachable: boolean;
  /** Why it is not reachable, or where it is. */
  readonly evidence: string;
  /** `server_version_num`, such as 150018. */
  readonly serverVersion?: number;
  readonly extensions?: readonly string[];
  /** True when nothing but Onward's own schema is in it. */
  readonly isEmpty?: boolean;
  /** True when a first install of this deployment, which was not completed, has filled it. */
  readonly isBegun?: boolean;
  /** Migrations of the target release that the ledger does not have. */
  readonly pending?: readonly MigrationRef[];
  /** Edited, vanished and late files: each closes a gate. */
  readonly drift?: readonly Finding[];
  /** Cosmetic edits: reported, accepted. */
  readonly remarks?: readonly Finding[];
  /** `undefined`: nothing is pending that an old instance could feel. */
  readonly proof?: ProofFact;
}

/** A machine, or an engine, that instances run on, other than plain processes of this machine. */
export interface PlaceFact {
  readonly runtime: 'compose' | 'ssh';
  /** A host as ssh knows it, or where the engine is. */
  readonly place: string;
  /** How one logs in there from here: `ssh -F ssh_config a`; `undefined`: commands for it are typed here. */
  readonly login?: string;
  readonly isReachable: boolean;
  /** Why it is not reachable, or what it is. */
  readonly evidence: string;
  /** For what is not staged there yet; `undefined`: it cannot be told. */
  readonly disk?: { readonly neededBytes: number; readonly freeBytes: number };
  /** For old and new instances at once; `undefined`: it cannot be told. */
  readonly memory?: { readonly neededBytes: number; readonly freeBytes: number };
  /** Its clock, less ours. */
  readonly clockSkewMs?: number;
}

/** What the runtimes of a deployment have to say of where it runs, beside its instances. */
export interface RuntimeFacts {
  readonly places: readonly PlaceFact[];
  /** Services of which an old and a new instance cannot run at once, and why: half a sentence. `isPossible`: they could, and should not. */
  readonly exclusive: readonly { readonly service: string; readonly why: string; readonly isPossible?: true }[];
  /** What is lost, or lost sight of, once the instances of a service are others: half a sentence. Left out: nothing. */
  readonly losses?: readonly { readonly service: string; readonly why: string }[];
  /** An error closes a gate; a warning is said. */
  readonly findings: readonly Finding[];
}

/** One configuration file: of onward.yaml, or of a release on the path. Holds no value of it. */
export interface ConfigurationFact {
  readonly name: string;
  /** `undefined`: onward.yaml maps no such file. */
  readonly path?: string;
  /** What the target needs and the file does not have, and why it cannot be used; each closes a gate. */
  readonly problems: readonly Finding[];
  /** What the operator should know; closes no gate. */
  readonly remarks: readonly Finding[];
  /** What an upgrade does to it, each with the release that wants it: `add BILLING_CURRENCY`. */
  readonly edits: readonly { readonly release: string; readonly what: string }[];
}

/**
 * One data migration of the releases up to the one that runs, as it was seen. `unknown`: its database or service did not answer, or what it
 * answered cannot be read.
 */
export interface DataMigrationFact {
  readonly id: string;
  readonly database: string;
  /** The release that declares it; the newest one, when several do. */
  readonly release: string;
  /** The phase or the version that it is needed before. */
  readonly before: string;
  readonly state: 'completed' | 'incomplete' | 'unknown';
  /** Half a sentence. */
  readonly evidence: string;
  /** Set when its trigger for both shapes is on record as installed and does not fire as declared. */
  readonly isDualWriteBroken?: true;
}

/** The acceptances of a deployment that were not withdrawn. */
export interface AcceptanceFacts {
  readonly list: readonly Acceptance[];
  /** ISO 8601, by the clock of the control database. */
  readonly now: string;
}

export type LeaseFact =
  | { readonly kind: 'free' }
  | { readonly kind: 'held'; readonly run: string; readonly expiresInMs: number }
  | { readonly kind: 'unknown'; readonly evidence: string };

/** Everything a plan is made from, as it was observed. */
export interface Facts {
  readonly deployment: Deployment;
  readonly toolVersion: string;
  readonly catalog: Catalog;
  /** The last completed release; `undefined`: nothing was installed yet. */
  readonly current: { readonly release: string; readonly digest: Digest } | undefined;
  /** Why the record of what is installed cannot be read; `current` says nothing then. */
  readonly hiddenRecord?: string;
  /** Releases by version: the current one and every one on the path. */
  readonly releases: ReadonlyMap<string, Release>;
  /** Identities of rendered configurations: release version, then service. */
  readonly configs: ReadonlyMap<string, ReadonlyMap<string, Digest>>;
  readonly configuration: readonly ConfigurationFact[];
  readonly instances: readonly InstanceFact[];
  readonly frontends: readonly FrontendFact[];
  /** The switch's program, when it runs: the version that it came with, when it says so, and whether it is the one of this tool. */
  readonly switchProgram?: { readonly version: string | undefined; readonly isOwn: boolean };
  readonly databases: readonly DatabaseFact[];
  /** Those of the releases up to the one that runs which are needed before a version. One that is left out counts as unknown. */
  readonly dataMigrations?: readonly DataMigrationFact[];
  readonly lease: LeaseFact;
  /** A run that has not ended, whose journal is here. */
  readonly unfinished:
    | {
        readonly run: string;
        readonly from: string;
        readonly to: string;
        /** What goes on with it; `onward upgrade` when left out. */
        readonly command?: string;
      }
    | undefined;
  /** Why the journals here cannot be read; whether a run is unfinished is not known then. */
  readonly damagedJournal?: string;
  /** Privileges that are taken now; only looked at for `onward doctor`. */
  readonly quarantines?: readonly QuarantineFact[];
  /** What the registries have of the images that are pinned; only looked at for `onward doctor`. */
  readonly images?: readonly ImageFact[];
  /** What the operator should know of onward.yaml; closes no gate. */
  readonly remarks: readonly Finding[];
  /** Whether the stops and risks on the way apply here. Left out, nobody has looked. */
  readonly conditions?: ConditionFacts;
  /** What operators have accepted, and the time of the control database, by which they expire. Left out, nothing is accepted. */
  readonly acceptances?: AcceptanceFacts;
  /** Left out where nothing but plain processes of this machine run. */
  readonly runtimes?: RuntimeFacts;
  /** Bytes for artifacts that are not staged on this machine yet, and what is free. */
  readonly disk: { readonly neededBytes: number; readonly freeBytes: number };
}
