import type { Listen, OnwardError } from '../../model/index.ts';

/**
 * - `active`: gets new requests, by weight.
 * - `standby`: gets a request only when no active target could be connected to.
 * - `draining`: gets nothing new; what it has in flight goes on.
 */
export type TargetState = 'active' | 'standby' | 'draining';

export interface SwitchTarget {
  /** The instance's id. */
  readonly id: string;
  readonly address: Listen;
  /** By which its container is found in its networks, also once its address is another one. */
  readonly name?: string;
  /** Share of new requests among active targets; at least 1. */
  readonly weight: number;
  readonly state: TargetState;
}

export interface Frontend {
  readonly service: string;
  readonly mode: 'http' | 'tcp';
  /** Where clients connect; `undefined`: it is not the switch's to say. */
  readonly listen?: Listen;
}

/** Of a switch that listens itself. */
export interface ListeningFrontend extends Frontend {
  readonly listen: Listen;
}

export interface Latency {
  /** Milliseconds; upper bounds of histogram buckets no wider than 5 %. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Since the frontend was opened; they survive a hand-over of the switch. */
export interface SwitchCounters {
  /** Another text once counts were lost: a difference between two looks is only known while it stays the same. */
  readonly since?: string;
  /** Requests (connections in TCP mode) answered by a target or failed, not those in flight. */
  readonly carried: number;
  /** Of these, the ones the client got no whole answer for: no target, no connection, cut off, timed out. */
  readonly failed: number;
  readonly failures: { readonly [reason: string]: number };
  /** Answers of targets with status 500 and above; they are carried, not failed. */
  readonly serverErrors: number;
  /** Requests that waited in a hold. */
  readonly held: number;
  /** Requests that were sent again to another target after they could not be delivered. */
  readonly retried: number;
  /** Left out by a switch that measures no distribution. */
  readonly latency?: Latency;
}

export interface FrontendObservation extends Frontend {
  readonly targets: readonly (SwitchTarget & { readonly inFlight: number })[];
  readonly isHeld: boolean;
  /** Requests waiting in the hold now. */
  readonly waiting: number;
  readonly counters: SwitchCounters;
  /** The highest epoch it has obeyed. */
  readonly epoch: number;
  /** False when it would do something else after a restart, until it is opened again; `undefined` of a switch that remembers by itself. */
  readonly isWrittenDown?: boolean;
}

/** What a switch of the operator's does beside what it does for Onward. */
export interface OtherServers {
  /** For how long it has been counting, since its start or its last reload. */
  readonly countedS: number;
  /** Its loopback is the one of this machine. */
  readonly isOnThisMachine: boolean;
  readonly servers: readonly OtherServer[];
}

/** A server of a backend that is not the one of the service; those that are taken out and have nothing are left out. */
export interface OtherServer {
  readonly backend: string;
  /** The section is its own frontend. */
  readonly isListen: boolean;
  readonly server: string;
  readonly address: Listen;
  /** Requests that it has now, also in processes from before a reload. */
  readonly inFlight: number;
  /** Requests that it was given. */
  readonly asked: number;
  /** Since the last of them; `undefined`: there was none. */
  readonly lastS?: number;
}

export interface FrontendChange {
  readonly targets: readonly SwitchTarget[];
  /** New requests wait instead of failing. */
  readonly isHeld: boolean;
}

/** What decides which instances get traffic. Changes with an epoch lower than one it has seen are refused. */
export interface Switch {
  /** Why a frontend could not be opened or changed now, as far as that can be seen without changing anything; `undefined`: nothing is in the way. */
  check(frontend: Frontend): Promise<OnwardError | undefined>;
  /** What it does now; `undefined` when it does not run or has no such frontend. */
  observe(service: string): Promise<FrontendObservation | undefined>;
  /**
   * Whom it sends requests to otherwise; `undefined` when it does not run. Left out by a switch that is Onward's alone. Throws
   * `switch.haproxy-*` where that cannot be read.
   */
  observeOthers?(): Promise<OtherServers | undefined>;
  /** Makes sure that the switch runs and that the frontend listens, without changing its targets. Idempotent. */
  open(frontend: Frontend, epoch: number): Promise<void>;
  /** Resolves once it is confirmed that new requests follow the change. */
  change(service: string, change: FrontendChange, epoch: number): Promise<void>;
  /** Stops listening for a service; for taking a deployment down. */
  close(service: string, epoch: number): Promise<void>;
}
