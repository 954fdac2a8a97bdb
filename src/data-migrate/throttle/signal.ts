import type { Pacing, SqlDataMigration } from '../../model/index.ts';
import type { Clock, Session } from '../../system/index.ts';
import type { TableKey } from '../table-key.ts';
import type { RateLimit } from './rate-limit.ts';

/** Something that can hold batches up. One member of the family is one file; `signals.ts` lists them. */
export interface Signal {
  /** What it looks at, behind "an answer of the server about". */
  readonly name: string;
  /**
   * Why the next batch has to wait; `undefined` when this signal does not stand in its way. What it cannot tell is a reason too, and so is
   * every refusal of the server, which it may throw. Changes nothing.
   */
  observe(): Promise<Reason | undefined>;
}

export interface Reason {
  /** Behind "waiting for". */
  readonly text: string;
  /** When it is worth to look again; soon, unless told. */
  readonly lookAgainMs?: number;
  /** Part of a normal run: neither noted nor told. */
  readonly isQuiet?: boolean;
}

/** Made once for a run of a data migration: a signal may remember what it saw before. */
export type CreateSignal = (context: ThrottleContext) => Signal;

export interface ThrottleContext {
  readonly clock: Clock;
  /** Not the one that runs the batches. */
  readonly session: Session;
  readonly declared: SqlDataMigration;
  readonly key: TableKey;
  readonly pacing: Pacing;
  readonly rate: RateLimit;
}

/** The reason of whoever may not see what other sessions do: the server shows them empty. */
export function hiddenFrom(what: string): Reason {
  return { text: `the right to see ${what}: grant pg_read_all_stats to this role` };
}
