import type { Schema } from '../../schema/index.ts';
import type { Session } from '../../system/index.ts';
import type { InvariantsDocument } from './invariants-schema.ts';

/** What a kind of invariant looks at: a scratch database to which all migrations were applied, with rows in its tables. */
export interface InvariantContext {
  /** As the owner. What a check changes, it takes back. */
  readonly session: Session;
  readonly schema: Schema;
  readonly runs: MigrationRuns;
}

/** Whole runs of the migrations, each on a database of its own. */
export interface MigrationRuns {
  /** What a second run changed behind a first one; empty when nothing. `undefined`: the layout is not one that Onward runs. */
  second(): Promise<readonly string[] | undefined>;
  /** What went wrong when two runners started together; empty when nothing. */
  together(): Promise<readonly string[] | undefined>;
  /** How a database that was made from this SQL file differs from one that all migrations were applied to. */
  differenceFrom(file: string): Promise<readonly string[]>;
}

/** What is not as it was declared to be. */
export interface Violation {
  /** One sentence, without a full stop. */
  readonly message: string;
  /** Where it was declared. */
  readonly at: readonly PropertyKey[];
  /** It could not be told. */
  readonly isUnknown?: boolean;
}

/** One kind of invariant. */
export interface InvariantKind {
  /** Part of the rule's name: `invariant-append-only`. */
  readonly name: string;
  /** Starts with a verb. */
  readonly help: string;
  check(context: InvariantContext, document: InvariantsDocument): Promise<readonly Violation[]>;
}
