import type { ModelColumn, ModelTable } from '../../src/lint/schema-model/schema-model.ts';
import { aboutOthers, aboutPartitions } from './random-ddl-others.ts';
import { type DdlState, pickTable, quoted, quotedName, tablesOf } from './random-ddl-state.ts';
import { COLUMN_TYPES } from './random-schema.ts';

/** A random change of the schema; most of them are accepted by the server. */
export function randomStatement(state: DdlState): string {
  const { choose } = state;
  const roll = choose.integer(100);
  if (roll < 58) return alterTable(state);
  if (roll < 66) return aroundTables(state);
  if (roll < 76) return aboutIndexes(state);
  if (roll < 84) return aboutPartitions(state);
  if (roll < 92) return aboutOthers(state);
  return wrapped(state);
}

/** Inside of a DO block, as it stands or as a text. */
function wrapped(state: DdlState): string {
  const inner = alterTable(state);
  const text = state.choose.isLucky(0.5) ? inner : `execute $sql$${inner}$sql$`;
  return `do $$ begin ${text}; end $$`;
}

function alterTable(state: DdlState): string {
  const table = pickTable(state);
  const { choose } = state;
  const commands = [command(state, table)];
  if (choose.isLucky(0.15)) commands.push(command(state, table, 'x'));
  return `alter table ${choose.isLucky(0.03) ? 'only ' : ''}${quoted(table)} ${commands.join(', ')}`;
}

type Column = ModelColumn;

function command(state: DdlState, table: ModelTable, suffix = ''): string {
  const { choose } = state;
  const columns = [...table.columns.values()];
  const column = choose.pick(columns);
  const name = `made_${state.count}${suffix}`;
  const constraint = choose.pickAny(table.constraints.values());
  const roll = choose.integer(100);
  if (roll < 26) return `add column ${randomColumn(state, name)}`;
  if (roll < 46) return changeType(state, column);
  if (roll < 52) return `alter ${column.name} set not null`;
  if (roll < 54) return `alter ${column.name} drop not null`;
  if (roll < 57) return `alter ${column.name} ${choose.isLucky(0.5) ? 'set default null' : 'drop default'}`;
  if (roll < 77) return addConstraint(state, { table, column, name });
  if (roll < 82 && constraint) return `validate constraint ${quotedName(constraint.name)}`;
  if (roll < 85 && constraint) return `drop constraint ${quotedName(constraint.name)}`;
  if (roll < 87) return `drop column ${column.name}`;
  return setting(state, column);
}

function setting({ choose }: DdlState, column: Column): string {
  return choose.pick([
    'set logged',
    'set unlogged',
    'set (fillfactor = 80)',
    'reset (fillfactor)',
    `alter ${column.name} set statistics 200`,
    `alter ${column.name} set storage plain`,
    'enable row level security',
    'replica identity full',
    'disable trigger all',
    'owner to current_user',
    'set tablespace pg_default',
    'set without cluster',
  ]);
}

function randomColumn({ choose, schema }: DdlState, name: string): string {
  const [type, constant] = choose.pick(COLUMN_TYPES);
  const target = choose.pick(
    [...schema.tables()].filter(({ name: table }) => table.startsWith('plain_') || table === 'cache'),
  );
  return `${name} ${choose.pick([
    type,
    type,
    `${type} default ${constant}`,
    `${type} not null default ${constant}`,
    'int default null',
    'timestamptz default now()',
    'timestamptz not null default current_timestamp',
    'timestamptz default clock_timestamp()',
    'uuid default gen_random_uuid()',
    'double precision default random()',
    `text default md5(random()::text)`,
    `text default upper('x')`,
    'int default one()',
    'double precision default any_number()',
    'int default opaque()',
    'int default opaque_stable()',
    `int default nextval('numbers')`,
    'serial',
    'bigserial',
    'int generated always as identity',
    'int generated always as (1 + 1) stored',
    `int check (${name} > 0)`,
    `int default 1 check (${name} > 0)`,
    'int unique',
    `int references ${quoted(target)}`,
    `int default null references ${quoted(target)}`,
    'checked_int',
    'checked_int default 1',
    'plain_int default 1',
    'short_text',
  ])}`;
}

/** Mostly types that are near, so that a change is possible at all. */
function changeType({ choose }: DdlState, { name, type }: Column): string {
  const family = FAMILIES.find((one) => one.test(type));
  const near = COLUMN_TYPES.filter(([other]) => family?.test(other));
  const [to] = choose.pick(near.length > 0 && choose.isLucky(0.85) ? near : COLUMN_TYPES);
  const using = choose.pick(['', '', ` using ${name}::${to}`]);
  return `alter ${name} type ${to}${using}`;
}

const FAMILIES = [
  /^(smallint|integer|bigint|numeric|real|double|plain_int|checked_int|text$)/,
  /^(varchar|character|char|text|short_text|mood)/,
  /^(date|time)/,
  /^interval/,
  /^(inet|cidr)/,
  /^(varbit|bit)/,
  /^(json|uuid|bytea)/,
];

interface Place {
  readonly table: ModelTable;
  readonly column: Column;
  readonly name: string;
}

function addConstraint({ choose, schema }: DdlState, { table, column, name }: Place): string {
  const target = choose.pick(
    [...schema.tables()].filter(({ name: other }) => other.startsWith('plain_') || other === 'cache'),
  );
  const index = choose.pickAny(
    [...table.indexes.values()].filter(({ isUnique, constraint }) => isUnique && !constraint),
  );
  const later = choose.isLucky(0.4) ? ' not valid' : '';
  return choose.pick([
    `add constraint ${name} check (${column.name} is not null or true)${later}`,
    `add constraint ${name} check (${column.name} is not null)${later}`,
    `add constraint ${name} check (id > -1000000)${later}`,
    `add constraint ${name} foreign key (id) references ${quoted(target)} not valid`,
    `add constraint ${name} foreign key (${column.name}) references ${quoted(target)}${later}`,
    `add constraint ${name} unique (id, ${column.name})`,
    `add constraint ${name} unique (${column.name})`,
    index
      ? `add constraint ${name} unique using index ${quotedName(index.name)}`
      : `add constraint ${name} unique (id)`,
    index ? `add constraint ${name} primary key using index ${quotedName(index.name)}` : 'add primary key (id)',
    `add constraint ${name} exclude using btree (id with =)`,
  ]);
}

function aboutIndexes(state: DdlState): string {
  const { choose, count } = state;
  const table = pickTable(state);
  const columns = choose.some([...table.columns.keys()], 1 + choose.integer(2)).join(', ');
  const found = choose.pickAny(tablesOf(state).flatMap((one) => [...one.indexes.values()]))?.name ?? 'none';
  const index = quotedName(found);
  return choose.pick([
    `create index made_${count} on ${quoted(table)} (${columns})`,
    `create index on ${quoted(table)} (${columns})`,
    `create unique index made_${count} on ${quoted(table)} (id, ${columns})`,
    `create index made_${count} on ${quoted(table)} (id) where id > 5`,
    `create index made_${count} on ${quoted(table)} ((id + 1))`,
    `create index on only ${quoted(table)} (${columns})`,
    `drop index ${index}`,
    `reindex index ${index}`,
    `reindex table ${quoted(table)}`,
    `cluster ${quoted(table)} using ${quotedName(choose.pickAny(table.indexes.keys()) ?? 'none')}`,
    `alter index ${index} rename to made_${count}`,
  ]);
}

function aroundTables(state: DdlState): string {
  const { choose, count } = state;
  const table = quoted(pickTable(state));
  return choose.pick([
    `create table made_${count} (id int primary key, ref int references plain_0)`,
    `create table made_${count} (like ${table} including all)`,
    `create table made_${count} as select * from ${table}`,
    `create table made_${count} () inherits (base)`,
    `drop table ${table}`,
    `truncate ${table}`,
    `truncate ${table} cascade`,
    `lock table ${table}`,
    `lock table ${table} in share mode`,
    `alter table ${table} rename to moved_${count}`,
    `alter table ${table} set schema public`,
    `alter table ${table} rename ${choose.pickAny(pickTable(state).columns.keys()) ?? 'a'} to made_${count}`,
  ]);
}
