import type { DoomedObject } from './doomed-object.ts';
import type { Facts, InstanceFact, LeaseFact } from './facts.ts';
import type { Finding } from './finding.ts';
import type { Digest } from './identity.ts';
import type { Gate, PlannedMigration } from './plan.ts';
import type { MigrationRef, Release } from './release.ts';

/** What was looked at, or why it could not be told; the latter is never taken for "nothing". */
export type Observed<T> =
  | { readonly kind: 'seen'; readonly value: T }
  | { readonly kind: 'unknown'; readonly evidence: string };

/** A session of a client at a database, as the server lists it. */
export interface ClientSession {
  readonly pid: number;
  readonly role: string;
  /** What it calls itself; empty when it says nothing, `undefined` when it may not be seen. */
  readonly name: string | undefined;
  /** `undefined`: a local one, or one that may not be seen. */
  readonly address?: string;
  /** ISO 8601. */
  readonly since?: string;
}

/** Something that the contract files take away, or forbid to a client of before. */
export interface RemovedObject {
  /** `table`, `column`, `view`, `constraint`, … */
  readonly kind: string;
  /** Qualified: `public.orders.total`. */
  readonly name: string;
  readonly change: 'removed' | 'changed';
  readonly reason: string;
  /** As the server estimates them; of tables and columns that go. */
  readonly rows?: number;
  readonly bytes?: number;
}

/** What applying the contract files to a copy of the schema has shown. */
export interface Removal {
  readonly objects: readonly RemovedObject[];
  readonly doomed: readonly DoomedObject[];
  /** What would go or fail although no file names it, a sentence's part each. */
  readonly unnamed: readonly string[];
  /** What would still be there and no longer work. */
  readonly broken: readonly string[];
  /** Routines whose text names what goes, so that nobody can tell. */
  readonly mentions: readonly string[];
}

/** The statements of clients since a baseline was taken, tried out on a copy with the contract files applied. */
export type StatementsFact =
  | {
      readonly kind: 'seen';
      /** ISO 8601; when the baseline was taken. */
      readonly since: string;
      /** How many different ones, and their calls. */
      readonly statements: number;
      readonly calls: number;
      /** Those that would fail, and those that would give fewer columns. */
      readonly broken: readonly string[];
      readonly narrowed: readonly string[];
      /** Those of which it cannot be told, and which name something that goes. */
      readonly unproved: readonly string[];
      /** Why not all could be seen or tried out; `undefined`: they could. */
      readonly gap?: string;
    }
  /** There is nothing to compare with: a baseline is begun by the next run that is no dry run. */
  | { readonly kind: 'no-baseline'; readonly evidence: string; readonly begunAt?: string }
  | { readonly kind: 'unknown'; readonly evidence: string };

/** One database, as far as its old shape goes. */
export interface ContractDatabaseFact {
  readonly name: string;
  readonly isReachable: boolean;
  readonly evidence: string;
  readonly drift?: readonly Finding[];
  /** Contract files that the ledger does not have; `undefined`: it could not be read. */
  readonly pending?: readonly MigrationRef[];
  /** What follows is looked at where something is pending. `refused`: the server did not accept the files on the copy. */
  readonly removal?: Observed<Removal> | { readonly kind: 'refused'; readonly evidence: string };
  readonly sessions?: Observed<readonly ClientSession[]>;
  readonly statements?: StatementsFact;
  /** Whether onward.yaml says how it is backed up. */
  readonly hasBackup: boolean;
}

/** A data migration that the old shape is owed to. */
export interface ContractDataFact {
  readonly id: string;
  readonly release: string;
  readonly state: Observed<{ readonly status: string; readonly remaining: number | undefined }>;
}

/** For how long a release keeps its old shape, and since when it runs. */
export interface ContractWindow {
  readonly version: string;
  readonly afterMs: number;
  /** ISO 8601, by the clock of the control database; `undefined`: its completion is not on record. */
  readonly completedAt?: string;
}

/** Everything that the gates of a contract run are made from, as it was observed. */
export interface ContractFacts {
  readonly deployment: string;
  readonly product: string;
  /** The release that runs. */
  readonly current: string;
  /** Contract files of versions up to this one are wanted. */
  readonly upTo: string;
  /** ISO 8601, by the clock of the control database. */
  readonly now: string;
  readonly lease: LeaseFact;
  readonly unfinished: Facts['unfinished'];
  /** The releases from `upTo` to the one that runs, in order. */
  readonly releases: readonly Release[];
  readonly services: readonly string[];
  readonly instances: readonly InstanceFact[];
  readonly databases: readonly ContractDatabaseFact[];
  readonly dataMigrations: Observed<readonly ContractDataFact[]>;
  readonly windows: Observed<readonly ContractWindow[]>;
  /** Names of clients that the operator knows; `*` stands for anything. */
  readonly clients: readonly string[];
}

/** What a contract run would remove, and whether it may. `--json` and the screen show the same value. */
export interface ContractPlan {
  readonly schema: 'onward/contract-plan/v1';
  readonly deployment: string;
  readonly product: string;
  readonly release: string;
  readonly upTo: string;
  readonly databases: readonly {
    readonly name: string;
    readonly migrations: readonly PlannedMigration[];
    readonly removes: readonly RemovedObject[];
  }[];
  readonly gates: readonly Gate[];
  readonly nextCommand: string;
  /** Over what is removed and how each gate stands. */
  readonly digest: Digest;
}
