import type { Finding, Hop, RollbackPolicy } from '../model/index.ts';

/** What is asked of the planner, beside the facts. */
export interface PlanRequest {
  /** As the operator said it: a channel, a version, or `stable` when nothing was said. */
  readonly requested: string;
  /** The path, from the current release (or `none`) to the target. */
  readonly hops: readonly { readonly from: string; readonly to: string; readonly stop?: Hop['stop'] }[];
  readonly rollback: RollbackPolicy;
  /** Only this service rolls; the run then waits for the command that goes on. */
  readonly only?: string;
  /** The plan is for a run that was cut off: what runs may be of either release. */
  readonly isResumed?: boolean;
  /** The run that is taken up has begun to roll services: what was decided of risks before stays decided. */
  readonly hasRolled?: boolean;
  /** What the choice of the path has to say. */
  readonly remarks?: readonly Finding[];
  /** The command that carries the plan out. */
  readonly command: string;
}
