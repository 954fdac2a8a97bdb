/** Names of what may be wrong with a declaration, as lint documents them. */
export type DeclarationRule =
  | 'data-migration-text'
  | 'data-migration-names'
  | 'data-migration-key-change'
  | 'data-migration-repeats'
  | 'data-migration-verify'
  | 'data-migration-volatile'
  | 'data-migration-dual-write'
  | 'data-migration-scope'
  | 'unmeasured-data-migration';

/** One thing that is wrong with what a release declares, or that could not be told. */
export interface DeclarationJudgement {
  readonly rule: DeclarationRule;
  readonly severity: 'error' | 'warning';
  /** Where it stands below the data migration, such as `insert`, `select`. */
  readonly path: readonly string[];
  /** A sentence without its end. */
  readonly message: string;
}
