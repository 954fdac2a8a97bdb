/** One part of a data migration: a partition, or the rows with one value in the column of the scope. */
export interface Part {
  readonly kind: string;
  /** As the scope names it: of a partition, its name with its schema. */
  readonly value: string;
  /** The column that holds the value; a partition needs none. */
  readonly on?: {
    /** Quoted. */
    readonly column: string;
    /** As SQL. */
    readonly type: string;
  };
}

/** One part that was asked for by name. */
export interface ScopeChoice {
  readonly kind: string;
  readonly value: string;
}
