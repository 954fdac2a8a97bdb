import type { ModelColumn, ModelTable, SchemaModel } from '../../src/lint/schema-model/schema-model.ts';
import { COLUMN_TYPES } from './random-schema.ts';
import type { Chooser } from './seeded-random.ts';

/** What a random statement is chosen for. */
export interface DdlState {
  readonly choose: Chooser;
  readonly schema: SchemaModel;
  /** Number of the statement; makes new names. */
  readonly count: number;
}

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

function tablesOf({ schema }: DdlState): readonly ModelTable[] {
  return [...schema.tables()].filter(
    ({ kind, columns }) => (kind === 'table' || kind === 'partitioned') && columns.size > 0,
  );
}

/** Mostly plain ones, which most forms are for. */
function pickTable(state: DdlState): ModelTable {
  const all = tablesOf(state);
  const plain = all.filter(({ name }) => name.startsWith('plain_'));
  return state.choose.pick(plain.length > 0 && state.choose.isLucky(0.75) ? plain : all);
}

function alterTable(state: DdlState): string {
  const table = pickTable(state);
  const { choose } = state;
  const commands = [command(state, table)];
  if (choose.isLucky(0.15)) commands.push(command(state, table, 'x'));
  return `alter table ${choose.isLucky(0.03) ? 'only ' : ''}${table.name} ${commands.join(', ')}`;
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
  if (roll < 82 && constraint) return `validate constraint ${constraint.name}`;
  if (roll < 85 && constraint) return `drop constraint ${constraint.name}`;
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
    `int references ${target.name}`,
    `int default null references ${target.name}`,
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
    `add constraint ${name} foreign key (id) references ${target.name} not valid`,
    `add constraint ${name} foreign key (${column.name}) references ${target.name}${later}`,
    `add constraint ${name} unique (id, ${column.name})`,
    `add constraint ${name} unique (${column.name})`,
    index ? `add constraint ${name} unique using index ${index.name}` : `add constraint ${name} unique (id)`,
    index ? `add constraint ${name} primary key using index ${index.name}` : 'add primary key (id)',
    `add constraint ${name} exclude using btree (id with =)`,
  ]);
}

function aboutIndexes(state: DdlState): string {
  const { choose, count } = state;
  const table = pickTable(state);
  const columns = choose.some([...table.columns.keys()], 1 + choose.integer(2)).join(', ');
  const index = choose.pickAny(tablesOf(state).flatMap((one) => [...one.indexes.values()]))?.name ?? 'none';
  return choose.pick([
    `create index made_${count} on ${table.name} (${columns})`,
    `create index on ${table.name} (${columns})`,
    `create unique index made_${count} on ${table.name} (id, ${columns})`,
    `create index made_${count} on ${table.name} (id) where id > 5`,
    `create index made_${count} on ${table.name} ((id + 1))`,
    `create index on only ${table.name} (${columns})`,
    `drop index ${index}`,
    `reindex index ${index}`,
    `reindex table ${table.name}`,
    `cluster ${table.name} using ${choose.pickAny(table.indexes.keys()) ?? 'none'}`,
    `alter index ${index} rename to made_${count}`,
  ]);
}

function aboutPartitions({ choose, count }: DdlState): string {
  const low = 2000 + 100 * choose.integer(60);
  return choose.pick([
    `create table made_${count} partition of ranges for values from (${low}) to (${low + 50})`,
    `create table made_${count} partition of lists for values in (${10 + count})`,
    `create table made_${count} partition of lists default`,
    'alter table ranges attach partition loose_part for values from (4000) to (6000)',
    'alter table ranges attach partition fit_part for values from (5000) to (6000)',
    'alter table ranges attach partition fit_part for values from (5000) to (5500)',
    `alter table ranges detach partition ranges_${choose.integer(2)}`,
    'alter table lists detach partition lists_2',
    `alter table ranges add column made_${count} int default ${choose.pick(['1', 'opaque()', 'null'])}`,
    `create index made_${count} on ${choose.pick(['ranges', 'lists'])} (b, id)`,
    `alter table ${choose.pick(['ranges', 'lists'])} alter b type varchar(100)`,
    'drop table ranges_1',
    'drop table lists_2',
    'alter table heir no inherit base',
  ]);
}

function aroundTables(state: DdlState): string {
  const { choose, count } = state;
  const table = pickTable(state).name;
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
    `alter table ${table} rename to ${table}_r${count}`,
    `alter table ${table} set schema public`,
    `alter table ${table} rename ${choose.pickAny(pickTable(state).columns.keys()) ?? 'a'} to made_${count}`,
  ]);
}

function aboutOthers(state: DdlState): string {
  const { choose, count } = state;
  const table = pickTable(state);
  const trigger = choose.pickAny(table.triggers) ?? 'none';
  return choose.pick([
    `create trigger made_${count} before update on ${table.name} for each row execute function touch()`,
    `drop trigger ${trigger} on ${table.name}`,
    `create policy made_${count} on ${table.name}`,
    `comment on table ${table.name} is 'x'`,
    `comment on column ${table.name}.${choose.pickAny(table.columns.keys()) ?? 'id'} is 'x'`,
    `create statistics made_${count} on id, a from ${table.name}`,
    `alter domain checked_int add constraint made_${count} check (value > -2000000)${choose.isLucky(0.4) ? ' not valid' : ''}`,
    `alter domain plain_int add constraint made_${count} check (value > -2000000)`,
    `alter type mood add value 'made_${count}'`,
    `create or replace view seen as select id from ${table.name}`,
    'refresh materialized view kept',
    'refresh materialized view concurrently kept',
    `grant select on ${table.name} to current_user`,
    `create rule made_${count} as on delete to ${table.name} do also nothing`,
    `alter table ${table.name} enable row level security`,
    'drop view seen',
    `analyze ${table.name}`,
  ]);
}
