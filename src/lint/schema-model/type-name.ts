import { relationFromParts } from '../../sql/index.ts';
import type { SqlNode } from '../../system/index.ts';

export type TypeName = NonNullable<Extract<SqlNode, { ColumnDef: unknown }>['ColumnDef']['typeName']>;

/** The parser's names of built-in types, as `format_type` writes them. */
const SPELLINGS: Readonly<Record<string, string>> = {
  int2: 'smallint',
  int4: 'integer',
  int8: 'bigint',
  int: 'integer',
  float4: 'real',
  float8: 'double precision',
  bool: 'boolean',
  varchar: 'character varying',
  bpchar: 'character',
  char: '"char"',
  varbit: 'bit varying',
  timestamp: 'timestamp without time zone',
  timestamptz: 'timestamp with time zone',
  time: 'time without time zone',
  timetz: 'time with time zone',
  decimal: 'numeric',
  serial: 'integer',
  serial4: 'integer',
  serial2: 'smallint',
  smallserial: 'smallint',
  serial8: 'bigint',
  bigserial: 'bigint',
};

const SERIALS = new Set(['serial', 'serial2', 'serial4', 'serial8', 'smallserial', 'bigserial']);

/** Fields of an interval, by the number that the parser gives them (the bits of `INTERVAL_MASK` in datetime.h). */
const INTERVAL_FIELDS: Readonly<Record<number, string>> = {
  4: ' year',
  2: ' month',
  8: ' day',
  1024: ' hour',
  2048: ' minute',
  4096: ' second',
  6: ' year to month',
  1032: ' day to hour',
  3080: ' day to minute',
  7176: ' day to second',
  3072: ' hour to minute',
  7168: ' hour to second',
  6144: ' minute to second',
};

/** A type as `format_type` writes it: `character varying(20)`, `numeric(6,2)[]`, `audit.level`. A schema `public` is left out. */
export function formatTypeName(type: TypeName | undefined): string {
  const named = relationFromParts(type?.names);
  if (!type || !named) return 'unknown';
  const builtIn = named.schema === undefined || named.schema === 'pg_catalog';
  const base = (builtIn ? SPELLINGS[named.name] : undefined) ?? named.name;
  const schema = builtIn || named.schema === 'public' ? '' : `${named.schema}.`;
  const suffix = (type.arrayBounds ?? []).length > 0 ? '[]' : '';
  return `${schema}${withModifiers(base, modifiersOf(type))}${suffix}`;
}

export function isSerial(type: TypeName | undefined): boolean {
  return SERIALS.has(relationFromParts(type?.names)?.name ?? '');
}

function modifiersOf(type: TypeName): readonly number[] {
  return (type.typmods ?? []).flatMap((item) => ('A_Const' in item ? [item.A_Const.ival?.ival ?? 0] : []));
}

function withModifiers(base: string, modifiers: readonly number[]): string {
  if (base === 'interval') {
    const [mask, precision] = modifiers;
    const fields = mask === undefined ? '' : (INTERVAL_FIELDS[mask] ?? '');
    return `interval${fields}${precision === undefined ? '' : `(${precision})`}`;
  }
  if (modifiers.length === 0) return base;
  const list = base === 'numeric' && modifiers.length === 1 ? [...modifiers, 0] : modifiers;
  const [first, ...rest] = base.split(' ');
  // The modifier stands behind the first word of `timestamp(3) without time zone`, and behind all of `character varying(20)`.
  const isTime = first === 'timestamp' || first === 'time';
  return isTime ? [`${first}(${list.join(',')})`, ...rest].join(' ') : `${base}(${list.join(',')})`;
}
