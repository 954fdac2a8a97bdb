import type { RecordedStatement } from '../record/statements-file.ts';

/** What the new schema means for a statement of the old version. */
export type Verdict =
  | { readonly kind: 'same' }
  | StatementBreak
  | {
      readonly kind: 'shape changed';
      readonly changes: readonly ShapeChange[];
      /** A column went or has another type, so a client reads something else than it was made for. */
      readonly isBreaking: boolean;
      readonly cause?: BreakCause;
    }
  | {
      readonly kind: 'not provable';
      /** A part of a sentence: "it cannot be prepared on the schema before either: …". */
      readonly why: string;
    };

export interface StatementBreak {
  readonly kind: 'breaks';
  readonly sqlState: string;
  /** What the server says. */
  readonly message: string;
  /** What it needed to see it: preparing, planning, or running it with values. */
  readonly stage: 'prepare' | 'plan' | 'run';
  /** With which it ran before and fails after; `undefined` when no values were needed. */
  readonly values?: readonly (string | null)[];
  readonly cause?: BreakCause;
}

/** The statement of a migration behind which a recorded statement is not as it was. */
export interface BreakCause {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly statement: string;
}

export interface ShapeChange {
  readonly what:
    | 'column added'
    | 'column removed'
    | 'column renamed'
    | 'column retyped'
    | 'columns reordered'
    | 'parameter retyped';
  /** `total: integer is bigint now`. */
  readonly description: string;
  readonly isBreaking: boolean;
}

export interface ProvenStatement extends Pick<RecordedStatement, 'sql' | 'calls' | 'origin'> {
  readonly verdict: Verdict;
  /** The role as which it was judged; `undefined`: the owner, because none was recorded, it is not there, or it may not run it before either. */
  readonly role?: string;
  /** What was prepared, where the recorded text could not be. */
  readonly repaired?: string;
  /** With how many lists of values it ran on the schema before; 0 when it was not run or never succeeded. */
  readonly runs: number;
}

export interface Share {
  readonly proven: number;
  readonly total: number;
}

export interface ProofReport {
  readonly statements: readonly ProvenStatement[];
  readonly coverage: { readonly statements: Share; readonly calls: Share };
  /** Share of the calls that must have a verdict. */
  readonly minimumCoverage: number;
  /** Milliseconds. */
  readonly durations: { readonly prepareMs: number; readonly planMs: number; readonly runMs: number };
}

/** 1 when there is nothing to prove. */
export function shareOf({ proven, total }: Share): number {
  return total === 0 ? 1 : proven / total;
}
