/** Values of a type, as Postgres reads them from text. */
export interface TypeValues {
  readonly plain: string;
  /** At the edges: what a tightened type or check refuses first. */
  readonly edges: readonly string[];
}

const LONG_TEXT = 'long '.repeat(60);

const INTEGERS: Readonly<Record<string, string>> = {
  smallint: '32767',
  integer: '2147483647',
  bigint: '9223372036854775807',
};

const VALUES: Readonly<Record<string, TypeValues>> = {
  numeric: { plain: '1.5', edges: ['0', '-1.25', '99999999.99'] },
  'double precision': { plain: '1.5', edges: ['0', '-1.25', '1e30'] },
  real: { plain: '1.5', edges: ['0', '-1.25', '1e30'] },
  money: { plain: '1.50', edges: ['0', '-1'] },
  oid: { plain: '1', edges: ['0'] },
  boolean: { plain: 'true', edges: ['false'] },
  date: { plain: '2026-01-15', edges: ['1970-01-01', '9999-12-31'] },
  'time without time zone': { plain: '12:30:00', edges: ['00:00:00', '23:59:59'] },
  'time with time zone': { plain: '12:30:00+00', edges: ['00:00:00+00'] },
  'timestamp without time zone': {
    plain: '2026-01-15 12:30:00',
    edges: ['1970-01-01 00:00:00', '9999-12-31 23:59:59'],
  },
  'timestamp with time zone': {
    plain: '2026-01-15 12:30:00+00',
    edges: ['1970-01-01 00:00:00+00', '9999-12-31 23:59:59+00'],
  },
  interval: { plain: '1 day', edges: ['0', '-1 year'] },
  uuid: { plain: '00000000-0000-4000-8000-000000000001', edges: ['ffffffff-ffff-ffff-ffff-ffffffffffff'] },
  json: { plain: '{}', edges: ['[]', 'null', '{"a": {"b": [1]}}'] },
  jsonb: { plain: '{}', edges: ['[]', 'null', '{"a": {"b": [1]}}'] },
  bytea: { plain: '\\x01', edges: ['\\x'] },
  inet: { plain: '10.0.0.1', edges: ['::1'] },
  cidr: { plain: '10.0.0.0/8', edges: ['::/0'] },
  macaddr: { plain: '08:00:2b:01:02:03', edges: [] },
  bit: { plain: '1', edges: ['0'] },
  'bit varying': { plain: '1', edges: [''] },
  tsvector: { plain: 'word', edges: [''] },
  tsquery: { plain: 'word', edges: [] },
  xml: { plain: '<a/>', edges: [] },
  point: { plain: '(1,2)', edges: [] },
  tid: { plain: '(0,1)', edges: [] },
};

const TEXT: TypeValues = { plain: 'text', edges: ['', LONG_TEXT, 'Grüße 🚀'] };

/** Values of a type by its name; those of a text for names that are not known, which is what most extensions' types are read from. */
export function valuesOfType(type: string): TypeValues {
  if (type.endsWith('[]')) return { plain: `{${quoteElement(valuesOfType(type.slice(0, -2)).plain)}}`, edges: ['{}'] };
  if (/(range|multirange)$/.test(type)) return { plain: type.endsWith('multirange') ? '{}' : 'empty', edges: [] };
  const highest = INTEGERS[type];
  if (highest !== undefined) return { plain: '1', edges: ['0', '-1', highest] };
  return VALUES[type] ?? TEXT;
}

/** A value that no row has, for unique columns; `undefined` for types with too few values. */
export function freshValue(type: string, number: number, maxLength: number | undefined): string | undefined {
  if (type in INTEGERS) return String(10_000 + number);
  switch (type) {
    case 'numeric':
    case 'double precision':
    case 'real':
      return String(10_000 + number);
    case 'uuid':
      return `00000000-0000-4000-9000-${String(number).padStart(12, '0')}`;
    case 'date':
      return new Date(Date.UTC(2100, 0, 1 + number)).toISOString().slice(0, 10);
    case 'timestamp without time zone':
    case 'timestamp with time zone':
      return new Date(Date.UTC(2100, 0, 1, 0, 0, number)).toISOString();
    case 'inet':
      return `10.1.${Math.floor(number / 250) % 250}.${(number % 250) + 1}`;
    case 'text':
    case 'character varying':
    case 'character':
    case 'name':
    case 'citext':
      return `new${number.toString(36)}`.slice(-(maxLength ?? 63));
    default:
      return undefined;
  }
}

function quoteElement(value: string): string {
  return `"${value.replace(/(["\\])/g, '\\$1')}"`;
}
