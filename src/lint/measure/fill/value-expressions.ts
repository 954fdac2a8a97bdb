import { quoteLiteral } from '../../../sql/index.ts';
import type { FillCatalog, FillType } from './fill-catalog.ts';

/**
 * SQL expressions for values of a type, over `g`, the number of the row, from 1. The first one is the likeliest, and is different for each
 * row where the type has enough values; equal rows of different tables have equal values, so that a foreign key may hold. The others are
 * for conditions that the first one does not meet. Empty: nothing is known of the type.
 */
export function valueExpressions(catalog: FillCatalog, type: number, modifier = -1): readonly string[] {
  const found = catalog.types.get(type);
  if (!found) return [];
  switch (found.kind) {
    case 'd':
      return valueExpressions(catalog, found.inner, found.innerModifier);
    case 'e':
      return enumExpressions(found);
    case 'c':
      return compositeExpressions(catalog, found);
    case 'r':
      return rangeExpressions(catalog, found);
    case 'm':
      return valueExpressions(catalog, found.inner).map((range) => `${found.name}(${range})`);
    default:
      return found.isArray ? arrayExpressions(catalog, found, modifier) : baseExpressions(found, modifier);
  }
}

const MAX_LABELS = 12;

function enumExpressions({ name, labels }: FillType): readonly string[] {
  const quoted = labels.map((label) => `${quoteLiteral(label)}::${name}`);
  if (quoted.length === 0) return [];
  return [`(array[${quoted.join(', ')}])[1 + g % ${quoted.length}]`, ...quoted.slice(0, MAX_LABELS)];
}

function compositeExpressions(catalog: FillCatalog, { name, attributes }: FillType): readonly string[] {
  const values = attributes.map(({ type, modifier }) => valueExpressions(catalog, type, modifier)[0] ?? 'null');
  return [`row(${values.join(', ')})::${name}`];
}

function rangeExpressions(catalog: FillCatalog, { name, inner }: FillType): readonly string[] {
  const [lower = 'null'] = valueExpressions(catalog, inner);
  const upper = lower.replace(/\bg\b/g, '(g + 1)');
  return [
    `${name}(${lower}, ${lower}, '[]')`,
    `${name}(${lower}, ${upper})`,
    `${name}(${lower}, null)`,
    `'empty'::${name}`,
  ];
}

function arrayExpressions(catalog: FillCatalog, { name, inner }: FillType, modifier: number): readonly string[] {
  const elements = valueExpressions(catalog, inner, modifier);
  return [...elements.slice(0, 4).map((element) => `array[${element}]::${name}`), `'{}'::${name}`];
}

function baseExpressions({ shortName, name }: FillType, modifier: number): readonly string[] {
  const isText = ['varchar', 'bpchar', 'text', 'name', 'citext'].includes(shortName);
  if (isText)
    return textExpressions(shortName === 'name' ? 60 : modifier < 4 ? Number.POSITIVE_INFINITY : modifier - 4);
  if (shortName === 'numeric') return numericExpressions(modifier);
  if (shortName === 'bit') return [`g::bit(${Math.max(modifier, 1)})`];
  if (shortName === 'varbit')
    return modifier > 0 ? [`right(g::bit(32)::text, ${Math.min(modifier, 32)})::varbit`] : ['g::bit(32)'];
  const known = BASE[shortName];
  if (known) return known;
  // Of an extension or the user's own: some text that its input function may take.
  return [`g::text`, `'1'`, `'{}'`, `'[1]'`, `'POINT(1 1)'`, `'a'`, `'0'`, `'1,1'`, `'(1,1)'`].map(
    (text) => `(${text})::${name}`,
  );
}

function numericExpressions(modifier: number): readonly string[] {
  const others = ['0', '1', '-g', 'g % 2', '100', '0.5'];
  if (modifier < 4) return ['g::numeric', ...others];
  const precision = ((modifier - 4) >> 16) & 0xffff;
  const scale = (modifier - 4) & 0x7ff;
  const whole = precision - scale;
  const step =
    scale > 0 && whole < 6
      ? `(g % ${10 ** Math.min(precision, 9)}) / ${10 ** Math.min(scale, 9)}.0`
      : `g::numeric % 1e${whole}`;
  return [step, ...others];
}

function textExpressions(length: number): readonly string[] {
  const all = [
    ...(length < 7 ? [digits(length)] : [`'v' || g`]),
    `'value-' || g`,
    `g::text`,
    `'user' || g || '@example.org'`,
    `'https://example.org/' || g`,
    `md5(g::text)`,
    `encode(sha256(g::text::bytea), 'hex')`,
    `'sha256:' || encode(sha256(g::text::bytea), 'hex')`,
    `lpad(to_hex(g), 32, '0')::uuid::text`,
    `chr(97 + g % 26)`,
    `chr(65 + g % 26) || chr(65 + g / 26 % 26)`,
    `chr(97 + g % 26) || chr(97 + g / 26 % 26)`,
    `chr(65 + g % 26) || chr(65 + g / 26 % 26) || chr(65 + g / 676 % 26)`,
    `'V' || g`,
    `lpad((g % 10000)::text, 4, '0')`,
    `'+49' || (1000000000 + g)`,
    `'#' || lpad(to_hex(g % 16777216), 6, '0')`,
    `'1.0.' || g`,
    `'2024-01-01'`,
    `'10.0.0.' || g % 256`,
    `'example' || g || '.org'`,
    `repeat('x', 40) || g`,
    `'{}'`,
    `''`,
  ];
  return Number.isFinite(length) ? all.map((text, index) => (index === 0 ? text : `left(${text}, ${length})`)) : all;
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** The number of the row in digits of which there are many, so that short texts differ for as long as they can. */
function digits(length: number): string {
  const places = Array.from({ length: Math.max(1, length) }, (_, place) => ALPHABET.length ** place).reverse();
  return places.map((value) => `substr('${ALPHABET}', 1 + (g / ${value} % ${ALPHABET.length})::int4, 1)`).join(' || ');
}

const INTEGERS = ['g', '0', '1', 'g % 2', 'g % 10', 'g % 100', '-g', '100 + g', '1000 * g', '-1'];
const MOMENTS = (type: string): readonly string[] => [
  `'2024-01-01 00:00:00+00'::${type} + g * interval '1 minute'`,
  `now()::${type} - g * interval '1 minute'`,
  `now()::${type} + g * interval '1 day'`,
  `date_trunc('month', now())::${type} + g * interval '1 minute'`,
];

/** By the name of the type in the catalog. */
const BASE: Readonly<Record<string, readonly string[]>> = {
  int2: INTEGERS.map((text) => `((${text}) % 32768)::int2`),
  int4: INTEGERS.map((text) => `(${text})::int4`),
  int8: INTEGERS.map((text) => `(${text})::int8`),
  oid: ['g::int8::oid'],
  float4: ['g::float4', '(g % 100 / 100.0)::float4', '0::float4', '1::float4'],
  float8: ['g::float8', '(g % 100 / 100.0)::float8', '0::float8', '1::float8', '(-g)::float8'],
  money: ['g::numeric::money'],
  bool: ['g % 2 = 0', 'true', 'false'],
  uuid: [`lpad(to_hex(g), 32, '0')::uuid`, `md5(g::text)::uuid`],
  date: [`'2024-01-01'::date + g % 20000`, `current_date - g % 20000`, `current_date + g % 20000`],
  timestamp: MOMENTS('timestamp'),
  timestamptz: MOMENTS('timestamptz'),
  time: [`'00:00'::time + g * interval '1 second'`],
  timetz: [`'00:00+00'::timetz + g * interval '1 second'`],
  interval: [`g * interval '1 second'`, `g * interval '1 day'`],
  json: [`json_build_object('n', g)`, `'{}'::json`, `'[]'::json`, `'"x"'::json`, `'1'::json`],
  jsonb: [`jsonb_build_object('n', g)`, `'{}'::jsonb`, `'[]'::jsonb`, `'"x"'::jsonb`, `'1'::jsonb`],
  jsonpath: [`'$.a'::jsonpath`],
  bytea: [`decode(md5(g::text), 'hex')`, `sha256(g::text::bytea)`, `'\\x00'::bytea`, `sha512(g::text::bytea)`],
  inet: [`'10.0.0.0'::inet + g`, `'2001:db8::'::inet + g`],
  cidr: [`set_masklen('10.0.0.0'::inet + g, 32)::cidr`],
  macaddr: [
    `('08:00:2b:' || regexp_replace(lpad(to_hex(g % 16777216), 6, '0'), '(..)(..)(..)', '\\1:\\2:\\3'))::macaddr`,
  ],
  macaddr8: [
    `('08:00:2b:01:02:' || regexp_replace(lpad(to_hex(g % 16777216), 6, '0'), '(..)(..)(..)', '\\1:\\2:\\3'))::macaddr8`,
  ],
  tsvector: [`to_tsvector('simple', 'v' || g)`],
  tsquery: [`to_tsquery('simple', 'v' || g)`],
  xml: [`('<v>' || g || '</v>')::xml`],
  point: ['point(g, g)'],
  line: [`'{1,1,1}'::line`],
  lseg: ['lseg(point(g, g), point(0, 0))'],
  box: ['box(point(g, g), point(g + 0.5, g + 0.5))'],
  path: [`'((0,0),(1,1))'::path`],
  polygon: ['polygon(box(point(g, g), point(g + 0.5, g + 0.5)))'],
  circle: ['circle(point(g, g), 0.1)'],
  char: [`chr(97 + g % 26)::"char"`],
  pg_lsn: [`'0/0'::pg_lsn + g`],
  xid: [`'3'::xid`],
  xid8: [`g::text::xid8`],
  regclass: [`'pg_catalog.pg_class'::regclass`],
  regtype: [`'pg_catalog.int4'::regtype`],
  regproc: [`'pg_catalog.now'::regproc`],
  regprocedure: [`'pg_catalog.now()'::regprocedure`],
  regnamespace: [`'pg_catalog'::regnamespace`],
  regrole: [`current_user::regrole`],
  hstore: [`hstore('n', g::text)`],
  ltree: [`('a.b' || g)::ltree`],
  semver: [`'1.0.0'::semver`],
};
