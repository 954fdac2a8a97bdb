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

export interface StatementToDescribe {
  readonly sql: string;
  /** It stays prepared under it, for `EXECUTE`; the name must be free. Empty: it does not stay. */
  readonly name: string;
}

/** The statements up to the first that is refused; the ones behind that were not looked at. */
export interface DescribedStatements {
  readonly shapes: readonly StatementShape[];
  readonly error?: RawError;
}

interface RowDescription {
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number; readonly dataTypeModifier: number }[];
}

interface ParameterDescription {
  readonly dataTypeIDs: readonly number[];
}

/**
 * Parse and Describe of several statements in one round trip, as the driver's queue of queries takes it. The driver has no such query: its
 * own ones always execute.
 */
export class DescribeStatements implements Submittable {
  readonly result: Promise<DescribedStatements>;
  readonly #statements: readonly StatementToDescribe[];
  #settle: (described: DescribedStatements) => void = () => {};
  readonly #shapes: StatementShape[] = [];
  #parameterTypes: readonly number[] = [];
  #stopListening: () => void = () => {};

  constructor(statements: readonly StatementToDescribe[]) {
    this.#statements = statements;
    this.result = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  submit(connection: Connection): void {
    const takeParameters = ({ dataTypeIDs }: ParameterDescription): void => {
      this.#parameterTypes = dataTypeIDs;
    };
    const takeNoRows = (): void => this.handleRowDescription({ fields: [] });
    connection.on('parameterDescription', takeParameters).on('noData', takeNoRows);
    this.#stopListening = () => {
      connection.off('parameterDescription', takeParameters).off('noData', takeNoRows);
    };
    // One packet: each message by itself would be a write of its own.
    connection.stream.cork();
    for (const { sql, name } of this.#statements) {
      connection.parse({ text: sql, name, types: [] }, true);
      connection.describe({ type: 'S', name }, true);
    }
    connection.sync();
    connection.stream.uncork();
  }

  handleRowDescription({ fields }: RowDescription): void {
    const columns = fields.map(({ name, dataTypeID, dataTypeModifier }) => {
      return { name, typeOid: dataTypeID, typeModifier: dataTypeModifier };
    });
    this.#shapes.push({ parameterTypes: this.#parameterTypes, columns });
  }

  handleReadyForQuery(): void {
    this.#stopListening();
    this.#settle({ shapes: this.#shapes });
  }

  handleError(error: RawError): void {
    this.#stopListening();
    this.#settle({ shapes: this.#shapes, error });
  }
}
