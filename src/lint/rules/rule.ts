import type { MigrationPhase } from '../../model/index.ts';
import type { SqlNode, SqlStatement } from '../../system/index.ts';
import type { Effects } from '../effects/effects.ts';
import type { HazardClass } from '../finding.ts';
import type { LintFile } from '../lint-file.ts';
import type { SchemaModel } from '../schema-model/schema-model.ts';
import type { ServerVersion } from '../server-version.ts';

/**
 * One hazard. Everything that is known about it is here: the check, the words, the examples that tests run and docs show. A rule is pure:
 * equal subjects give equal hits.
 */
export interface Rule {
  /** Permanent, kebab-case; also the name of its file and of its page in the docs. */
  readonly id: string;
  /** Codes of the hazard list, such as `C1`. */
  readonly hazards: readonly string[];
  readonly class: HazardClass;
  readonly severity: 'error' | 'warning';
  /** What it finds, as a noun phrase: "Column dropped while old instances may use it". */
  readonly title: string;
  /** What happens otherwise, with the measured figure where there is one. */
  readonly why: string;
  /** What to do instead. Starts with a verb. */
  readonly help: string;
  /**
   * Files of this phase and later ones are not judged: what an old client would feel may happen when none is left. Left out: every
   * phase is judged.
   */
  readonly allowedFrom?: Exclude<MigrationPhase, 'expand'>;
  readonly bad: readonly Example[];
  readonly good: readonly Example[];
  /** Asked once per statement, with the schema as it is before it. */
  check(subject: Subject): readonly Hit[];
}

export interface Example {
  /** SQL that makes what was there before; its tables are old and hold rows. */
  readonly before?: string;
  readonly sql: string;
  readonly phase?: MigrationPhase;
  /** The file runs without a transaction. */
  readonly isNotx?: boolean;
  /** Server versions on which the example can run; all of them when left out. */
  readonly since?: number;
}

/** What a rule looks at. */
export interface Subject {
  readonly file: LintFile;
  readonly statement: SqlStatement;
  readonly node: SqlNode;
  /** Position of the statement in the file's list. */
  readonly index: number;
  /** Before the statement. */
  readonly schema: SchemaModel;
  readonly effects: Effects;
  /** What another statement would do in its place. */
  readonly predict: (node: SqlNode) => Effects;
  /** Effects of the statements before it that are still in the same transaction. */
  readonly earlier: readonly { readonly statement: SqlStatement; readonly effects: Effects }[];
  /** Major version of the server. */
  readonly server: ServerVersion;
}

export interface Hit {
  /** What is so, and whom it hurts; names the relation and column. One sentence. */
  readonly message: string;
  /** Instead of the rule's. */
  readonly help?: string;
  /** Of the place in the file's text, when it is not the statement's start. */
  readonly offset?: number;
  /** Complete SQL to stand in the statement's place. */
  readonly fix?: string;
}
