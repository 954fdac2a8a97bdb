import type { Connection, Submittable } from 'pg';
import type { RawError } from './postgres-error.ts';

/** How many rows each statement gave or touched, up to the first that was refused. */
export interface ScriptCounts {
  readonly counts: readonly number[];
  readonly error?: RawError;
}

/** A text of several statements of which only the counts are wanted. The driver forgets all of them when one is refused. */
export class RunScript implements Submittable {
  readonly result: Promise<ScriptCounts>;
  readonly #text: string;
  readonly #counts: number[] = [];
  #settle: (counts: ScriptCounts) => void = () => {};

  constructor(text: string) {
    this.#text = text;
    this.result = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  submit(connection: Connection): void {
    connection.query(this.#text);
  }

  handleRowDescription(): void {}

  handleDataRow(): void {}

  handleEmptyQuery(): void {}

  /** `INSERT 0 3`, `UPDATE 3`, `SELECT 3`, `ROLLBACK`. */
  handleCommandComplete({ text }: { readonly text: string }): void {
    this.#counts.push(Number(/\d+$/.exec(text)?.[0] ?? 0));
  }

  handleReadyForQuery(): void {
    this.#settle({ counts: this.#counts });
  }

  handleError(error: RawError): void {
    this.#settle({ counts: this.#counts, error });
  }
}
