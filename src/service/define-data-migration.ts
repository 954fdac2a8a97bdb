import type { SqlClient } from './client.ts';
import { wrongDefinition } from './errors.ts';

export interface DataMigrationDefinition<Row extends object = Record<string, unknown>> {
  /** As the release names it. */
  readonly id: string;
  readonly description?: string;
  /** The database that the release names; asked for another one, it refuses. */
  readonly database?: string;
  /** `invoices` or `billing.invoices`. */
  readonly table: string;
  /** The columns of a unique index without nulls, in its order. */
  readonly key: string | readonly string[];
  /** Which rows are in the old shape, as SQL; a row that was changed is not any more. All rows unless told. */
  readonly where?: string;
  /** Columns that `run` is given; all unless told. */
  readonly columns?: readonly string[];
  /** Parts that can be run by themselves, by a column of the table. */
  readonly scope?: { readonly kind: string; readonly column: string };
  /** Rows of the first batch (1,000 unless told), and how long a batch should take (250 ms): later ones are sized by that. */
  readonly batch?: { readonly rows?: number; readonly targetMs?: number };
  /**
   * Brings the rows of one batch into the new shape, through the client it is given and nothing else: its transaction also holds the cursor
   * and the counters. It may be called again for rows of a batch that was rolled back. Gives how many rows it changed; all unless told.
   */
  run(batch: DataMigrationBatch<Row>): Promise<number | undefined> | Promise<void>;
  /** Counts the rows in the old shape: a SELECT of one number, or a function. It can write nothing. */
  readonly verify: string | ((client: SqlClient) => Promise<number>);
}

export interface DataMigrationBatch<Row extends object = Record<string, unknown>> {
  readonly client: SqlClient;
  /** The rows of the range that are in the old shape, in the order of the key, locked until the batch ends. */
  readonly rows: readonly Row[];
  /** The range: keys above `after`, up to and including `upTo`, as text. */
  readonly after: readonly string[] | undefined;
  readonly upTo: readonly string[];
  /** The part, when one was asked for. */
  readonly scope: string | undefined;
  /** Aborted when the program is asked to end; a batch that throws then is rolled back, and done again the next time. */
  readonly signal: AbortSignal;
}

/** A definition that was checked. */
export interface DataMigration extends DataMigrationDefinition {
  readonly key: readonly string[];
  readonly batch: { readonly rows: number; readonly targetMs: number };
}

const ID = /^[a-z0-9][a-z0-9-]*$/;

/** Checks a definition and fills it in. Throws `service.wrong-definition`. */
export function defineDataMigration<Row extends object = Record<string, unknown>>(
  definition: DataMigrationDefinition<Row>,
): DataMigration {
  const { id, table, key, batch } = definition;
  const refuse = (what: string) => wrongDefinition(id, what);
  const rows = batch?.rows ?? 1_000;
  const targetMs = batch?.targetMs ?? 250;
  const columns = typeof key === 'string' ? [key] : key;
  if (!ID.test(id)) throw refuse('its id is not lower-case letters, digits and hyphens');
  if (columns.length === 0) throw refuse('it has no key');
  if (table.split('.').some((part) => part === '')) throw refuse(`"${table}" is no table`);
  if (!isWhole(rows) || rows > 50_000) throw refuse('a batch has 1 to 50,000 rows');
  if (!isWhole(targetMs)) throw refuse('the target of a batch is a number of milliseconds');
  // A method takes what its callers give, so one for rows of a narrower type stands for one for rows of any.
  const general = definition as unknown as DataMigrationDefinition;
  return { ...general, run: (given) => general.run(given), key: columns, batch: { rows, targetMs } };
}

function isWhole(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
