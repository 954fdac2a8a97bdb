import type { ReadyProbe, RollClass, Service } from '../../model/index.ts';
import type { System } from '../../system/index.ts';
import type { InstanceSpec, Runtime } from '../runtimes/runtime.ts';
import type { Switch } from '../switches/switch.ts';

/**
 * Runs one effect: journals the intent, checks the lease, applies it with the current epoch, and journals what came of it. Given by
 * the run; a roll itself knows no journal and no lease.
 */
export type PerformEffect = (
  key: string,
  data: { readonly [key: string]: string | number | boolean | readonly string[] },
  effect: (epoch: number) => Promise<void>,
) => Promise<void>;

export interface RollContext {
  readonly system: System;
  readonly runtime: Runtime;
  readonly switch: Switch;
  readonly perform: PerformEffect;
  /** Says what is being waited for, whenever that changes. */
  readonly onWaiting: (what: string) => void;
  readonly signal: AbortSignal;
}

/** An instance that must serve at the end. With a specification it is created when it is not there. */
export interface DesiredInstance {
  readonly id: string;
  readonly spec?: InstanceSpec;
}

export interface RollRequest {
  readonly service: Service;
  readonly class: RollClass;
  readonly ready: ReadyProbe;
  /** What must serve at the end; everything else of the service is stopped. Empty: the service is taken down. */
  readonly desired: readonly DesiredInstance[];
  /**
   * The hosts of the service in the order in which they are rolled; those of one wave at once. Left out, all of them are. While one wave is
   * rolled, the instances of all other hosts serve.
   */
  readonly waves?: readonly (readonly string[])[];
  /** Watch the new instances before the old ones stop. Off when going back: the old ones have proved themselves. */
  readonly settleMs: number;
  /** Called once the desired instances have been started: services that depend on this one may create theirs. */
  readonly onStarted: () => void;
  /** Called once new requests go to the desired instances: services that depend on this one may start to roll. */
  readonly onServing: () => void;
}

/** One wave of a roll. */
export interface RollWave extends RollRequest {
  /** Only instances on these hosts are looked at and changed; all of them when left out. */
  readonly hosts?: readonly string[];
}

export type RollStage = (context: RollContext, request: RollWave) => Promise<void>;
