import type { Effects } from '../../src/lint/effects/effects.ts';
import { predictEffects } from '../../src/lint/effects/predict-effects.ts';
import { isPlainRead } from '../../src/lint/facts/plain-read.ts';
import { fillTables } from '../../src/lint/measure/fill/fill-tables.ts';
import { countRows, type KnownRelations } from '../../src/lint/measure/known-relations.ts';
import { measureStatement } from '../../src/lint/measure/measure-statement.ts';
import { connectMeasuring } from '../../src/lint/measure/measuring-session.ts';
import { createSchemaModel } from '../../src/lint/schema-model/create-schema-model.ts';
import type { Scratch } from '../../src/lint/scratch/scratch.ts';
import type { ServerVersion } from '../../src/lint/server-version.ts';
import { isOutsideTransaction, isStrong } from '../../src/sql/index.ts';
import { loadSqlParser, type SqlStatement, type System } from '../../src/system/index.ts';
import { randomStatement } from './random-ddl.ts';
import { randomSchema } from './random-schema.ts';
import { createChooser } from './seeded-random.ts';

export const VERDICTS = ['rewrite', 'scan', 'build', 'lock'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Verdicts on one table by one statement, over all statements. */
export interface Score {
  hits: number;
  /** Foreseen and not measured. */
  false: number;
  /** Measured and not foreseen. */
  missed: number;
}

export interface Precision {
  readonly scores: Readonly<Record<Verdict, Score>>;
  /** Statements that were measured. */
  readonly measured: number;
  /** Statements that the server refused. */
  readonly refused: number;
  /** Statements of which the prediction said that it could not tell all. */
  readonly untold: number;
  /** One line each. */
  readonly misses: readonly string[];
}

export interface PrecisionWork {
  readonly scratch: Scratch;
  readonly server: ServerVersion;
  readonly seed: number;
  readonly statements: number;
}

const STATEMENTS_PER_SCHEMA = 50;
const ROWS = 60;

/** Compares what is foreseen of random statements on random schemas with what they do. */
export async function measurePrecision(system: System, work: PrecisionWork): Promise<Precision> {
  const scores = { rewrite: emptyScore(), scan: emptyScore(), build: emptyScore(), lock: emptyScore() };
  const total = { scores, measured: 0, refused: 0, untold: 0, misses: [] as string[] };
  for (let round = 0; total.measured < work.statements; round += 1) {
    await measureSchema(system, { ...work, seed: work.seed + round }, total);
  }
  return total;
}

type Total = { -readonly [K in keyof Precision]: Precision[K] } & { readonly misses: string[] };

async function measureSchema(
  system: System,
  { scratch, server, seed, statements }: PrecisionWork,
  total: Total,
): Promise<void> {
  const parser = await loadSqlParser();
  const choose = createChooser(seed);
  const sql = randomSchema(choose);
  const builder = createSchemaModel({ isComplete: true });
  builder.startGroup('before');
  for (const { node } of parser.split(sql, 'schema')) builder.apply(node);
  builder.startGroup('now');
  const database = await scratch.createDatabase();
  const setUp = await database.connect('onward precision');
  await setUp.query(sql);
  await setUp.close();
  const measuring = await connectMeasuring(system, database);
  try {
    const { session, known } = measuring;
    const tables = [...known.oldTables()].filter(({ kind }) => kind === 'r').map(({ oid }) => oid);
    await fillTables(session, tables, { rows: ROWS });
    // A key that is checked reads both sides whole; only for so few rows would the planner look them up.
    await session.query('analyze; set enable_mergejoin = off; set enable_nestloop = off');
    await countRows(session, known);
    for (let count = 0; count < STATEMENTS_PER_SCHEMA && total.measured < statements; count += 1) {
      const text = randomStatement({ choose, schema: builder.model, count });
      const [statement] = parser.split(text, 'statement');
      if (!statement) throw new Error(`${text} holds no statement`);
      const foreseen = predictEffects(statement, builder.model, { server, parser });
      const isOutside = isOutsideTransaction(statement.node);
      // A table must keep its rows, which tell a scan or a rewrite.
      const isKept = isOutside || (choose.isLucky(0.3) && !/^\s*(delete|drop table|truncate|do)/.test(text));
      const measured = await measureStatement(system, measuring, { statement, keeping: isKept ? 'kept' : 'undone' });
      if (measured.error) {
        total.refused += 1;
        continue;
      }
      total.measured += 1;
      compare({ foreseen, measured: measured.effects, statement, known, seed }, total);
      if (isKept) builder.apply(statement.node);
    }
  } finally {
    await measuring.close();
    await database.drop();
  }
}

interface Comparison {
  readonly foreseen: Effects;
  readonly measured: Effects;
  readonly statement: SqlStatement;
  readonly known: KnownRelations;
  readonly seed: number;
}

/** A table with too few rows shows no scan, and a new one has no lock that anybody feels. */
const MIN_ROWS = 20;

function compare({ foreseen, measured, statement, known, seed }: Comparison, total: Total): void {
  if (foreseen.unknown.length > 0) total.untold += 1;
  const isRich = (name: string) => {
    const relation = known.findByName(name);
    return relation !== undefined && known.isOld(relation.oid) && known.rowsOf(relation.oid) >= MIN_ROWS;
  };
  const isOld = (name: string) => {
    const relation = known.findByName(name);
    return relation !== undefined && known.isOld(relation.oid);
  };
  const verdictsOf = (effects: Effects): Readonly<Record<Verdict, readonly string[]>> => ({
    rewrite: effects.rewrites.filter(isRich),
    build: effects.indexBuilds.filter(isRich),
    scan: isPlainRead(statement.node) ? [] : effects.scans.filter(isRich),
    lock: effects.locks
      .filter(({ mode, relation }) => isStrong(mode) && isOld(relation))
      .map(({ mode, relation }) => `${relation} ${mode}`),
  });
  const [ours, theirs] = [verdictsOf(foreseen), verdictsOf(measured)];
  for (const verdict of VERDICTS) {
    const score = total.scores[verdict];
    const wrong = ours[verdict].filter((name) => !theirs[verdict].includes(name));
    // What it said it could not tell is no miss.
    const missed = theirs[verdict].filter((name) => !ours[verdict].includes(name) && foreseen.unknown.length === 0);
    score.hits += ours[verdict].length - wrong.length;
    score.false += wrong.length;
    score.missed += missed.length;
    const say = (what: string, names: readonly string[]) => {
      for (const name of names)
        total.misses.push(`${what} ${verdict} ${name} (seed ${seed}): ${statement.text.replace(/\s+/g, ' ')}`);
    };
    say('false', wrong);
    say('missed', missed);
  }
}

function emptyScore(): Score {
  return { hits: 0, false: 0, missed: 0 };
}
