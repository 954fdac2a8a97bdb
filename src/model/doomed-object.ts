/** A table, or a column of one that stays, which the contract phase removes. Names are raw. */
export interface DoomedObject {
  readonly kind: 'table' | 'column';
  readonly schema: string;
  readonly table: string;
  /** Of a column only. */
  readonly column?: string;
}

/** `public.orders.total`, for people. */
export function describeDoomed({ schema, table, column }: DoomedObject): string {
  return [schema, table, ...(column === undefined ? [] : [column])].join('.');
}
