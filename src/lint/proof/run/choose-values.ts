import type { Binding, BoundStatement } from './bind-columns.ts';
import type { ColumnInfo } from './load-tables.ts';
import { freshValue, valuesOfType } from './type-values.ts';

/** A value for each parameter, as Postgres reads it. */
export type ValueList = readonly (string | null)[];

/** A few rows of each table, by `schema.table`, then by column; texts. */
export type SampleRows = ReadonlyMap<string, readonly SampleRow[]>;
export type SampleRow = { readonly [column: string]: string | null };

export interface ValueSource {
  readonly rows: SampleRows;
  /** Labels of each enum, by the type's name. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  /** A number that no value was made of yet. */
  nextNumber(): number;
}

/** Of these every statement is run once; the first ones are meant to succeed. */
export interface ValuePlan {
  /** Each another sample row; one that succeeds is what is varied. */
  readonly bases: readonly ValueList[];
  /** What to put in the place of values of the base, by the parameter's position: several at once first, alone where that fails. */
  readonly variants: readonly ReadonlyMap<number, string | null>[];
}

const SAMPLE_ROWS = 3;
const MAX_LABELS = 40;

/** Chooses the values that a statement with parameters of these types is run with. */
export function chooseValues(types: readonly string[], bound: BoundStatement, source: ValueSource): ValuePlan {
  const positions = types.map((type, index) => ({ type, index, binding: bound.bindings.get(index + 1) }));
  const rows = types.length === 0 ? 1 : SAMPLE_ROWS;
  const bases = Array.from({ length: rows }, (_, row) =>
    positions.map(({ type, binding }) => chooseBase(type, binding, { row, source })),
  );
  const written = positions.filter(({ binding }) => binding?.use === 'written');
  const variants = [
    new Map(written.filter(({ binding }) => mayBeNull(binding)).map(({ index }) => [index, null])),
    ...edgesOf(written),
    ...labelsOf(positions, source),
  ];
  return { bases, variants: variants.filter(({ size }) => size > 0) };
}

interface Position {
  readonly type: string;
  readonly index: number;
  readonly binding: Binding | undefined;
}

function chooseBase(
  type: string,
  binding: Binding | undefined,
  { row, source }: { readonly row: number; readonly source: ValueSource },
): string | null {
  if (!binding) return source.labels.get(type)?.[0] ?? valuesOfType(type).plain;
  const { column, use } = binding;
  const isList = type.endsWith('[]') && !column.type.endsWith('[]');
  const value = use === 'written' ? chooseWritten(binding, row, source) : sampleOf(binding, row, source);
  const chosen = value === undefined ? (column.labels[0] ?? valuesOfType(isList ? column.type : type).plain) : value;
  return isList && chosen !== null ? `{"${chosen.replace(/(["\\])/g, '\\$1')}"}` : chosen;
}

/** A foreign key needs a row that is there, a unique column one that is not; else what other rows have is known to be allowed. */
function chooseWritten(binding: Binding, row: number, source: ValueSource): string | null | undefined {
  const { column } = binding;
  const parent = column.references?.split('.');
  if (parent) {
    const [schema = '', table = '', name = ''] = parent;
    const parents = source.rows.get(`${schema}.${table}`) ?? [];
    return parents[row % Math.max(1, parents.length)]?.[name];
  }
  if (column.isUnique) return freshValue(column.type, source.nextNumber(), column.maxLength);
  return sampleOf(binding, row, source);
}

function sampleOf({ table, column }: Binding, row: number, { rows }: ValueSource): string | null | undefined {
  const samples = rows.get(`${table.schema}.${table.name}`) ?? [];
  return samples[row % Math.max(1, samples.length)]?.[column.name];
}

function mayBeNull(binding: Binding | undefined): boolean {
  return binding !== undefined && !binding.column.isNotNull;
}

/** All first edges at once, then all second ones, and so on. Keys keep the value that makes the row reachable. */
function edgesOf(written: readonly Position[]): readonly ReadonlyMap<number, string>[] {
  const edges = written
    .filter(({ binding }) => binding && !isKey(binding.column) && binding.column.labels.length === 0)
    .map(({ index, type, binding }) => ({ index, values: fitting(valuesOfType(type).edges, binding?.column) }));
  const most = Math.max(0, ...edges.map(({ values }) => values.length));
  return Array.from({ length: most }, (_, edge) => {
    return new Map(edges.flatMap(({ index, values }) => (values[edge] === undefined ? [] : [[index, values[edge]]])));
  });
}

/** A text is as long as the old column takes, so that a shorter new one is found. */
function fitting(edges: readonly string[], column: ColumnInfo | undefined): readonly string[] {
  const { maxLength } = column ?? {};
  return maxLength === undefined ? edges : edges.map((edge) => [...edge].slice(0, maxLength).join(''));
}

function isKey(column: ColumnInfo): boolean {
  return column.isUnique || column.references !== undefined;
}

function labelsOf(positions: readonly Position[], source: ValueSource): readonly ReadonlyMap<number, string>[] {
  return positions.flatMap(({ index, type, binding }) =>
    (source.labels.get(type) ?? binding?.column.labels ?? [])
      .slice(0, MAX_LABELS)
      .map((label) => new Map([[index, label]])),
  );
}
