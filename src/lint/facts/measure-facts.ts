import { isOutsideTransaction, quoteLiteral, quoteTextArray } from '../../sql/index.ts';
import type { Session, SqlParser, System } from '../../system/index.ts';
import { countRows } from '../measure/known-relations.ts';
import { measureStatement } from '../measure/measure-statement.ts';
import { connectMeasuring } from '../measure/measuring-session.ts';
import type { Scratch, ScratchDatabase } from '../scratch/scratch.ts';
import { FORMS } from './forms.ts';
import { FORMS_ROWS, FORMS_SCHEMA } from './forms-schema.ts';
import { renderOutcome } from './outcome.ts';
import { isPlainRead } from './plain-read.ts';
import { TYPE_SPELLINGS, type TypeAnswer, USER_TYPES } from './type-spellings.ts';

/** What one version of the server does. */
export interface VersionFacts {
  /** Outcome of each form that the version has, by its id. */
  readonly forms: ReadonlyMap<string, string>;
  /** For each type before, a letter for each type after. */
  readonly types: readonly string[];
  /** The same with a time zone other than UTC. */
  readonly typesElsewhere: readonly string[];
  /** Volatility of built-in functions: `i`, `s` or `v`. */
  readonly functions: ReadonlyMap<string, string>;
}

export interface FactsWork {
  readonly scratch: Scratch;
  readonly parser: SqlParser;
  readonly server: number;
}

/** Measures everything on one server. Takes some ten seconds. */
export async function measureFacts(system: System, work: FactsWork): Promise<VersionFacts> {
  const forms = await measureForms(system, work);
  const { types, typesElsewhere } = await measureTypes(system, work);
  return { forms, types, typesElsewhere, functions: await readFunctions(work) };
}

/** Measures each form on a database of its own state: what cannot be rolled back gets a fresh copy. */
export async function measureForms(system: System, work: FactsWork): Promise<ReadonlyMap<string, string>> {
  const { scratch, parser, server } = work;
  const base = await scratch.createDatabase();
  await withSession(base, async (session) => {
    await session.query(FORMS_SCHEMA);
    await session.query(FORMS_ROWS);
  });
  const found = new Map<string, string>();
  const measure = async (database: ScratchDatabase, ids: readonly string[]): Promise<void> => {
    const measuring = await connectMeasuring(system, database);
    try {
      await countRows(measuring.session, measuring.known);
      for (const { id, sql } of FORMS.filter((form) => ids.includes(form.id))) {
        const [statement] = parser.split(sql, id);
        if (!statement) continue;
        const { effects, error } = await measureStatement(system, measuring, { statement, keeping: 'undone' });
        const scans = isPlainRead(statement.node) ? [] : effects.scans;
        found.set(id, error ? `error ${error.code}` : renderOutcome({ ...effects, scans }));
      }
    } finally {
      await measuring.close();
    }
  };
  const present = FORMS.filter(({ since = 0 }) => since <= server);
  const isOutside = ({ sql }: { readonly sql: string }) =>
    parser.split(sql, 'form').some(({ node }) => isOutsideTransaction(node));
  const outside = present.filter(isOutside);
  for (const { id } of outside) {
    const copy = await scratch.createDatabase({ template: base });
    await measure(copy, [id]);
    await copy.drop();
  }
  await measure(
    base,
    present.filter((form) => !outside.includes(form)).map(({ id }) => id),
  );
  await base.drop();
  return new Map(
    present.flatMap(({ id }) => {
      const outcome = found.get(id);
      return outcome === undefined ? [] : [[id, outcome] as const];
    }),
  );
}

/**
 * Changes a column from each type, or from those that are wanted only, to each other one by a cast, with an index on it where the type has one. Where there is no cast the answer
 * is `e`.
 */
export async function measureTypes(
  system: System,
  work: FactsWork,
  only: readonly string[] = TYPE_SPELLINGS,
): Promise<Pick<VersionFacts, 'types' | 'typesElsewhere'>> {
  const database = await work.scratch.createDatabase();
  await withSession(database, async (session) => {
    await session.query('create extension citext');
    await session.query(USER_TYPES);
    await session.query(CASTABLE);
    for (const [index, type] of TYPE_SPELLINGS.entries()) await createTyped(session, `t_${index}`, type);
  });
  const measuring = await connectMeasuring(system, database);
  try {
    await countRows(measuring.session, measuring.known);
    const { rows } = await measuring.session.query<{ castable: boolean[] }>(
      `select array_agg(castable(t, ty) order by n) as castable
         from unnest(array[${TYPE_SPELLINGS.map((_, index) => quoteLiteral(`t_${index}`)).join(', ')}]) with ordinality as a(t, i),
              unnest(${quoteTextArray(TYPE_SPELLINGS)}) with ordinality as b(ty, n)
        group by i order by i`,
    );
    const measureRow = (index: number, isWanted: (type: string) => boolean) =>
      measurePairs(
        async (sql) => {
          const [statement] = work.parser.split(sql, 'change');
          if (!statement) throw new Error(`Could not read ${sql}: it holds no statement`);
          return measureStatement(system, measuring, { statement, keeping: 'undone' });
        },
        {
          table: `t_${index}`,
          wanted: TYPE_SPELLINGS.map((type, at) => rows[index]?.castable[at] === true && isWanted(type)),
        },
      );
    const types: string[] = [];
    const chosen = [...TYPE_SPELLINGS.entries()].filter(([, type]) => only.includes(type));
    for (const [index] of chosen) types.push(await measureRow(index, () => true));
    await measuring.session.query("set timezone = 'Europe/Zurich'");
    const typesElsewhere: string[] = [];
    for (const [row, [index, from]] of chosen.entries()) {
      const again = isTime(from) ? await measureRow(index, isTime) : '';
      const utc = types[row] ?? '';
      // Only times depend on the zone.
      typesElsewhere.push(
        [...utc].map((answer, at) => (isTime(from) && isTime(TYPE_SPELLINGS[at] ?? '') ? again[at] : answer)).join(''),
      );
    }
    return { types, typesElsewhere };
  } finally {
    await measuring.close();
    await database.drop();
  }
}

function isTime(type: string): boolean {
  return /^(date|time)/.test(type);
}

/** Whether a column can be cast at all, which is cheaper to ask than to be refused. */
const CASTABLE = `create function castable(tab text, target text) returns boolean language plpgsql as $$
begin
  execute format('select c::%s from %I limit 0', target, tab);
  return true;
exception when others then
  return false;
end $$`;

async function createTyped(session: Session, table: string, type: string): Promise<void> {
  const value = type === 'd_not_null' ? '1' : 'null';
  for (const name of [table, `${table}_plain`]) {
    await session.query(`create table ${name} (id int, c ${type})`);
    await session.query(`insert into ${name} select g, ${value} from generate_series(1, 50) g`);
  }
  // Some types have no order, and so no index.
  await session.query(`create index on ${table} (c)`).catch(() => {});
}

async function measurePairs(
  measure: (sql: string) => ReturnType<typeof measureStatement>,
  { table, wanted }: { readonly table: string; readonly wanted: readonly boolean[] },
): Promise<string> {
  let answers = '';
  for (const [index, type] of TYPE_SPELLINGS.entries()) {
    const change = (on: string) => measure(`alter table ${on} alter c type ${type} using c::${type}`);
    const answer = wanted[index] ? toAnswer(await change(table)) : 'e';
    // The new type may have no order, which only the index minds.
    answers += wanted[index] && answer === 'e' ? toAnswer(await change(`${table}_plain`)) : answer;
  }
  return answers;
}

function toAnswer({ effects, error }: Awaited<ReturnType<typeof measureStatement>>): TypeAnswer {
  if (error) return 'e';
  if (effects.rewrites.length > 0) return 'r';
  return effects.indexBuilds.length > 0 ? 'i' : 'k';
}

/** By the most changeable of the overloads that SQL can call. */
async function readFunctions({ scratch }: FactsWork): Promise<ReadonlyMap<string, string>> {
  const database = await scratch.createDatabase();
  const rows = await withSession(database, async (session) => {
    const found = await session.query<{ name: string; volatility: string }>(
      `select proname::text as name, max(provolatile::text) as volatility from pg_catalog.pg_proc
        where pronamespace = 'pg_catalog'::regnamespace and proname !~ '^binary_upgrade_'
          and not 'internal'::regtype = any (proargtypes)
          and prorettype not in ('internal'::regtype, 'trigger'::regtype, 'event_trigger'::regtype)
        group by 1`,
    );
    return found.rows;
  });
  await database.drop();
  return new Map(rows.map(({ name, volatility }) => [name, volatility]));
}

async function withSession<T>(database: ScratchDatabase, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await database.connect('onward facts');
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
