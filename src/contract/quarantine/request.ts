import type { DoomedObject, Finding } from '../../model/index.ts';
import type { ConnectionTarget, LogEvent } from '../../system/index.ts';
import type { Loss } from './plan-quarantine.ts';
import type { Layer, Refusal } from './watch/evidence.ts';

export interface QuarantineRequest {
  readonly deployment: string;
  readonly release: string;
  readonly run: string;
  /** Must be the highest that this database has seen. */
  readonly epoch: number;
  readonly doomed: readonly DoomedObject[];
  /** As in onward.yaml; without it, everybody who has a privilege or a session. */
  readonly roles?: readonly string[];
  readonly durationMs: number;
}

export interface RunQuarantineOptions extends Omit<QuarantineRequest, 'doomed'> {
  /** Those from which something is removed. */
  readonly databases: readonly (Pick<QuarantineRequest, 'doomed'> & {
    readonly name: string;
    readonly target: ConnectionTarget;
  })[];
  /** Its reason is thrown after everything was given back. */
  readonly signal: AbortSignal;
  readonly onEvent?: (event: LogEvent) => void;
}

/** What is known of one database at the end. */
export interface QuarantineEvidence {
  readonly database: string;
  readonly losses: readonly Loss[];
  readonly layers: readonly Layer[];
  readonly refusals: readonly Refusal[];
  readonly findings: readonly Finding[];
  /** Transactions that were rolled back meanwhile, for whatever reason. */
  readonly rollbacks: number;
}
