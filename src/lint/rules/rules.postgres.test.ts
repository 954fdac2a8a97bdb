import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isOutsideTransaction, quoteName, transactionControl } from '../../sql/index.ts';
import { createSystem, loadSqlParser, PostgresError, type Session, type SqlParser } from '../../system/index.ts';
import { openScratch, type Scratch } from '../scratch/scratch.ts';
import { RULES } from './index.ts';
import type { Example } from './rule.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });

/** Whether it reads a file of the server, or of the client: there is none. */
const readsFile = (parser: SqlParser, { sql }: Example) =>
  parser.split(sql, 'example.sql').some(({ node }) => 'CopyStmt' in node);

/** The oldest and the newest version that an example is for, and 15, on which the facts were measured. */
const VERSIONS = [14, 15, 17, 18] as const;
const isFor = (version: number, { since = 14 }: Example) =>
  version >= since && (version === since || version === 15 || version === 18);

describe.each(VERSIONS.map((version) => [version] as const))('on Postgres %i', (version) => {
  let scratch: Scratch;
  let session: Session;
  let parser: SqlParser;
  beforeAll(async () => {
    [scratch, parser] = await Promise.all([openScratch(system, { server: version }), loadSqlParser()]);
    session = await (await scratch.createDatabase()).connect('rules test');
  });
  afterAll(async () => {
    await session.close();
    await scratch.close();
  });

  async function runInTransaction({ before = '', sql }: Example): Promise<void> {
    try {
      await session.query(`begin; ${before}\n; ${sql}`);
    } finally {
      await session.query('rollback');
    }
  }

  async function runFreely({ before = '', sql }: Example): Promise<void> {
    try {
      for (const { text } of parser.split(`${before}\n; ${sql}`, 'example.sql')) await session.query(text);
    } finally {
      await removeAll();
    }
  }

  async function removeAll(): Promise<void> {
    await session.query('rollback');
    await session.query('discard all');
    const { rows } = await session.query<{ name: string }>(
      `select nspname as name from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'`,
    );
    for (const { name } of rows) await session.query(`drop schema ${quoteName(name)} cascade`);
    await session.query('create schema public');
  }

  /** What the server says when it refuses the example. */
  async function findRefusal(example: Example): Promise<PostgresError | undefined> {
    const isFree = parser
      .split(example.sql, 'example.sql')
      .some((statement) => isOutsideTransaction(statement.node) || transactionControl(statement) !== undefined);
    try {
      await (isFree || example.isNotx ? runFreely(example) : runInTransaction(example));
      return undefined;
    } catch (error) {
      if (error instanceof PostgresError) return error;
      throw error;
    }
  }

  it('runs every example of every rule, but for bad ones whose rule names the refusal', async () => {
    const refused: string[] = [];
    for (const { id, bad, good, why } of RULES) {
      for (const example of [...bad, ...good].filter((each) => isFor(version, each) && !readsFile(parser, each))) {
        const refusal = await findRefusal(example);
        const isFoundByRule = bad.includes(example) && why.includes(refusal?.code ?? '');
        if (refusal && !isFoundByRule) refused.push(`${id}: ${example.sql}: ${refusal.code} ${refusal.message}`);
      }
    }
    expect(refused).toEqual([]);
  }, 120_000);
});
