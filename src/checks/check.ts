import type { Check, Secret } from '../model/index.ts';
import type { ConnectionTarget, System } from '../system/index.ts';

/** What the checks of a deployment need beside their own words. */
export interface CheckContext {
  readonly system: System;
  readonly databases: ReadonlyMap<string, ConnectionTarget>;
  readonly resolveSecret: (secret: Secret, where: string) => Promise<string>;
}

export interface Outcome {
  readonly ok: boolean;
  /** One sentence without its full stop, for people and for the record. Holds no secret; of what a target sent, only a value that was asked for. */
  readonly evidence: string;
  /** What `unchanged` compares; only when the check asks for it and got an answer. */
  readonly value?: string;
}

export type CheckOf<K extends Check['kind']> = Extract<Check, { readonly kind: K }>;

/**
 * One kind of check: looks at its target once, within the check's limit, and changes nothing there. It may throw for a target
 * that cannot be reached; the checker makes an outcome of that.
 */
export type Probe<K extends Check['kind']> = (context: CheckContext, check: CheckOf<K>) => Promise<Outcome>;
