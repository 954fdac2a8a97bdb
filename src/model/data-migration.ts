/** Rows that a release moves from their old shape to the new one: by Onward itself (`sql`), or by a service's own program (`service`). */
export type DataMigration = SqlDataMigration | ServiceDataMigration;

interface Declared {
  /** Unique in the release. */
  readonly id: string;
  /** Whose ledger says how far it is. */
  readonly database: string;
  /** What may not begin before it is complete: a phase of its release, or the upgrade to this version and to every later one. */
  readonly before: string;
  /** Parts that are gone through one after the other, each with a cursor of its own. */
  readonly scope?: DataMigrationScope;
}

export interface DataMigrationScope {
  /** What a part is: `partition`, or a word of the vendor's, such as `tenant`. */
  readonly kind: string;
  /** A SELECT of one column: the parts. Left out for `partition`, whose parts the catalog knows. */
  readonly values?: string;
  /** The column of the table that holds the part; of kind `sql` only, and left out for `partition`. */
  readonly column?: string;
}

export interface SqlDataMigration extends Declared {
  readonly kind: 'sql';
  /** `customers` or `billing.customers`. */
  readonly table: string;
  /** The columns of a unique index without nulls, in its order. */
  readonly key: readonly string[];
  readonly change: SqlChange;
  /** Which rows of the table are still in the old shape. */
  readonly where: string;
  /** A SELECT that counts the rows still in the old shape: 0 says that the migration is complete. */
  readonly verify: string;
  /** Rows of the first batch, and how long a batch should take: later ones are sized by that. */
  readonly batch: { readonly rows: number; readonly targetMs: number };
  /** A SELECT of one number, which must lie below this one for the next batch to begin. */
  readonly throttle?: { readonly query: string; readonly below: number };
  /** Keeps rows that are written meanwhile in both shapes. */
  readonly dualWrite?: DualWrite;
}

export type SqlChange =
  /** The SET clause of an UPDATE, without the word. */
  | { readonly kind: 'update'; readonly set: string }
  /** An INSERT into another table: `select` reads the rows of the range, in the old shape, from `batch`. A row that is there stays as it is. */
  | { readonly kind: 'insert'; readonly into: string; readonly columns: readonly string[]; readonly select: string };

/** A row trigger on the table of a data migration. Installed in the expand phase, and removed when the contract phase of its release is run. */
export interface DualWrite {
  readonly timing: 'before' | 'after';
  readonly events: readonly ('insert' | 'update' | 'delete')[];
  /** The PL/pgSQL between BEGIN and END. */
  readonly body: string;
}

export interface ServiceDataMigration extends Declared {
  readonly kind: 'service';
  /** The service whose program does it, by the command that the release declares for it. */
  readonly service: string;
  /** Rows of a batch, for the program; it decides itself unless told. */
  readonly batchRows?: number;
  /** A run that shows no progress for this long is ended. */
  readonly stalledAfterMs: number;
}
