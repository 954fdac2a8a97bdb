import type { Facts, MigrationRef, Release } from '../model/index.ts';
import type { PlanRequest } from './plan-request.ts';

/** What the steps of one hop are made from. */
export interface HopFacts {
  readonly facts: Facts;
  readonly request: PlanRequest;
  readonly release: Release;
  /** The release that runs when the hop begins; `undefined`: nothing was installed yet. */
  readonly previous: Release | undefined;
  /** What its databases lack when the hop begins. */
  readonly migrations: readonly MigrationRef[];
  readonly isFirst: boolean;
}
