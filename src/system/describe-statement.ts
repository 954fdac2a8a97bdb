import type { Connection, Submittable } from 'pg';
import type { RawError } from './postgres-error.ts';

/** What a statement takes and gives, as the server resolved it without running it. */
export interface StatementShape {
  /** Type oids of `$1`, `$2`, and so on. */
  readonly parameterTypes: readonly number[];
  /** In order; empty for statements that give no rows. */
  readonly columns: readonly StatementColumn[];
}

export interface StatementColumn {
  readonly name: string;
  readonly typeOid: number;
  /** -1 when the type has none. */
  readonly typeModifier: number;
}

interface RowDescription {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number; readonly dataTypeModifier: number }[];
}

interface ParameterDescription {
  readonly dataTypeIDs: readonly number[];
}

/**
 * Parse, Describe and Sync in one round trip, as the driver's queue of queries takes it. The driver has no such query: its own ones always
 * execute. `result` is settled when the server is ready for the next one.
 */
export class DescribeStatement implements Submittable {
  readonly result: Promise<StatementShape>;
  readonly #statement: { readonly text: string; readonly name: string };
  #settle: { readonly resolve: (shape: StatementShape) => void; readonly reject: (error: RawError) => void };
  #parameterTypes: readonly number[] = [];
  #columns: readonly StatementColumn[] = [];

  constructor(statement: { readonly text: string; readonly name: string }) {
    this.#statement = statement;
    this.#settle = { resolve: () => {}, reject: () => {} };
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  submit(connection: Connection): void {
    const { text, name } = this.#statement;
    connection.once('parameterDescription', this.#takeParameters);
    connection.parse({ text, name, types: [] }, true);
    connection.describe({ type: 'S', name }, true);
    connection.sync();
  }

  handleRowDescription({ fields }: RowDescription): void {
    this.#columns = fields.map(({ name, dataTypeID, dataTypeModifier }) => {
      return { name, typeOid: dataTypeID, typeModifier: dataTypeModifier };
    });
  }

  handleReadyForQuery(): void {
    this.#settle.resolve({ parameterTypes: this.#parameterTypes, columns: this.#columns });
  }

  handleError(error: RawError, connection: Connection): void {
    connection.removeListener('parameterDescription', this.#takeParameters);
    this.#settle.reject(error);
  }

  readonly #takeParameters = ({ dataTypeIDs }: ParameterDescription): void => {
    this.#parameterTypes = dataTypeIDs;
  };
}
