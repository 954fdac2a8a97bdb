import type { DoomedObject } from '../model/index.ts';

/** The names of several objects as one value of a statement: records of `place`, `name_of_schema`, `name_of_table`, `name_of_column`. */
export function renderNames(doomed: readonly DoomedObject[]): string {
  return JSON.stringify(
    doomed.map(({ schema, table, column }, place) => ({
      place,
      name_of_schema: schema,
      name_of_table: table,
      name_of_column: column ?? null,
    })),
  );
}
