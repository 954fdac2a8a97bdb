/** The types between which every change is measured, as `format_type` writes them. Each kind of length and precision is there more than once. */
export const TYPE_SPELLINGS = [
  'smallint',
  'integer',
  'bigint',
  'real',
  'double precision',
  'numeric',
  'numeric(6,2)',
  'numeric(10,2)',
  'numeric(10,4)',
  'numeric(5,0)',
  'money',
  'character varying',
  'character varying(10)',
  'character varying(20)',
  'text',
  'character(5)',
  'character(10)',
  'name',
  '"char"',
  'bit(5)',
  'bit(10)',
  'bit varying',
  'bit varying(5)',
  'bit varying(10)',
  'boolean',
  'date',
  'time without time zone',
  'time(3) without time zone',
  'time with time zone',
  'timestamp without time zone',
  'timestamp(0) without time zone',
  'timestamp(3) without time zone',
  'timestamp(6) without time zone',
  'timestamp with time zone',
  'timestamp(0) with time zone',
  'timestamp(3) with time zone',
  'interval',
  'interval(0)',
  'interval(3)',
  'interval(6)',
  'interval day to second',
  'interval day to second(3)',
  'interval year to month',
  'inet',
  'cidr',
  'macaddr',
  'json',
  'jsonb',
  'uuid',
  'bytea',
  'xml',
  'oid',
  'regclass',
  'tsvector',
  'int4range',
  'point',
  'integer[]',
  'bigint[]',
  'text[]',
  'character varying(10)[]',
  'character varying(20)[]',
  'character varying[]',
  'citext',
  'mood',
  'd_plain',
  'd_check',
  'd_not_null',
  'd_short',
  'd_long',
] as const;

/** The types of a user among them, and an extension's. */
export const USER_TYPES = `
create type mood as enum ('sad', 'ok');
create domain d_plain as integer;
create domain d_check as integer check (value > 0);
create domain d_not_null as integer not null;
create domain d_short as character varying(10);
create domain d_long as character varying(20);
`;
export const USER_TYPE_NAMES: readonly string[] = ['mood', 'd_plain', 'd_check', 'd_not_null', 'd_short', 'd_long'];

/** How the answers are written in the facts, a row of letters for each type before, a letter for each type after. */
export const TYPE_ANSWERS = { k: 'kept', i: 'index', r: 'rewrite', e: 'refused' } as const;
export type TypeAnswer = keyof typeof TYPE_ANSWERS;
