import type { SqlDataMigration } from '../model/index.ts';
import type { LogEvent, Session, System } from '../system/index.ts';
import type { Progress } from './progress.ts';
import type { Claim } from './state.ts';
import type { TableKey } from './table-key.ts';
import type { Throttle } from './throttle/create-throttle.ts';
import type { RateLimit } from './throttle/rate-limit.ts';

/** What the batches of one run need. */
export interface BatchEngine {
  readonly system: System;
  readonly worker: Session;
  readonly monitor: Session;
  readonly declared: SqlDataMigration;
  readonly key: TableKey;
  readonly claim: Claim;
  readonly progress: Progress;
  readonly throttle: Throttle;
  readonly rate: RateLimit;
  readonly emit: (event: LogEvent) => void;
  readonly signal: AbortSignal | undefined;
  readonly beforeBatch: (() => Promise<void>) | undefined;
}
