import { beforeAll, describe, expect, it } from 'vitest';
import { loadSqlParser, type SqlParser } from '../../../system/index.ts';
import { NO_EFFECTS } from '../../effects/effects.ts';
import type { LintFile } from '../../lint-file.ts';
import { createSchemaModel } from '../../schema-model/create-schema-model.ts';
import { DISCIPLINE_RULES } from './index.ts';

let parser: SqlParser;
beforeAll(async () => {
  parser = await loadSqlParser();
});

/** The hits of all discipline rules in a file, as `<statement>: <rule>`, with the repairs. */
function check(sql: string, about: Partial<LintFile> = {}) {
  const statements = parser.split(sql, 'a.sql');
  const file: LintFile = {
    path: 'a.sql',
    layout: 'flat',
    database: '',
    release: '',
    phase: 'expand',
    order: '1',
    text: sql,
    isNotx: false,
    isTransactional: true,
    isShipped: false,
    ...about,
    statements,
  };
  const builder = createSchemaModel({ isComplete: false });
  const hits = statements.flatMap((statement, index) => {
    const { node } = statement;
    const rest = { effects: NO_EFFECTS, predict: () => NO_EFFECTS, earlier: [], server: 18 } as const;
    const subject = { file, statement, node, index, schema: builder.model, ...rest };
    const found = DISCIPLINE_RULES.flatMap((rule) =>
      rule.check(subject).map((hit) => ({ ...hit, said: `${index}: ${rule.id}` })),
    );
    builder.apply(node);
    return found;
  });
  return {
    said: hits.map(({ said }) => said),
    fixes: hits.flatMap(({ fix }) => fix ?? []),
    help: hits.map(({ help }) => help),
  };
}

describe('transaction control', () => {
  const wrapped = 'begin; alter table a add b int; commit;';

  it('around the whole file is mild where the tool opens a transaction, and right where none does', () => {
    for (const layout of ['flat', 'dbmate', 'flyway', 'goose', 'sqlx', 'diesel'] as const) {
      expect([layout, ...check(wrapped, { layout }).said]).toEqual([layout, '0: wrapped-in-transaction']);
    }
    for (const layout of ['golang-migrate', 'prisma'] as const) expect(check(wrapped, { layout }).said).toEqual([]);
  });

  it('may be the file’s own where its statements commit one by one, but not in Onward’s layouts', () => {
    const run = { isTransactional: false, isNotx: true };
    expect(check(wrapped, { ...run, layout: 'goose' }).said).toEqual([]);
    expect(check(wrapped, { ...run, layout: 'onward' }).said).toEqual([
      '0: transaction-control',
      '2: transaction-control',
    ]);
  });

  it('by savepoints is left alone', () => {
    expect(check('savepoint a; alter table a add b int; release a;').said).toEqual([]);
  });
});

describe('settings', () => {
  it.each([
    ['set role admin', 'set local role admin'],
    ['SET SESSION search_path = a', 'SET local search_path = a'],
    ['set session authorization admin', 'set local session authorization admin'],
    ["set time zone 'UTC'", "set local time zone 'UTC'"],
  ])('%s becomes %s', (sql, fixed) => {
    expect(check(sql)).toMatchObject({ said: ['0: session-setting'], fixes: [fixed] });
    expect(check(fixed).said).toEqual([]);
  });

  it('are not rewritten where SET LOCAL would do nothing', () => {
    expect(check('set timezone = utc', { isTransactional: false })).toMatchObject({
      said: ['0: session-setting'],
      fixes: [],
    });
  });

  it.each(['reset search_path', 'set search_path to default', 'reset all', 'discard all'])(
    'are taken back by %s',
    (sql) => {
      expect(check(`set search_path = a; ${sql};`).said).toEqual([]);
      expect(check(`${sql}; set search_path = a;`).said).toEqual(['1: session-setting']);
    },
  );

  it('of time limits are the tool’s where it sets them, and leak like others where it does not', () => {
    expect(check("set lock_timeout = '1s'").said).toEqual(['0: own-time-limit']);
    expect(check("set lock_timeout = '1s'", { layout: 'flyway' }).said).toEqual(['0: session-setting']);
    expect(check("set local lock_timeout = '1s'", { layout: 'flyway' }).said).toEqual([]);
  });

  it('of one transaction, and calls that only read, are none', () => {
    expect(
      check("set transaction isolation level serializable; show timezone; select current_setting('a.b')").said,
    ).toEqual([]);
  });
});

describe('changed rows', () => {
  const ddl = 'alter table a add b int;';

  it.each([
    'insert into a values (1)',
    'update a set b = 1',
    'delete from a where b = 1',
    'merge into a using c on a.b = c.b when matched then delete',
    'truncate a',
    'with x as (update a set b = 1 returning b) select * from x',
  ])('of an existing table are found beside DDL: %s', (sql) => {
    expect(check(`${ddl} ${sql};`).said).toEqual(['1: data-change']);
    expect(check(`${sql}; select 1;`).said).toEqual([]);
  });

  it('in the body of a function are not changed yet', () => {
    const body = 'create function f() returns void language sql begin atomic; update a set b = 1; end;';
    expect(check(`${ddl} ${body}`).said).toEqual([]);
  });
});

describe('a statement that cannot run in a transaction', () => {
  it('has its own way out in each tool', () => {
    const layouts = ['flat', 'golang-migrate', 'flyway', 'dbmate', 'goose', 'sqlx', 'diesel'] as const;
    const help = layouts.map((layout) => {
      const found = check('vacuum a; select 1;', { layout });
      expect(found.said).toEqual(['0: outside-transaction']);
      return found.help[0];
    });
    expect(new Set(help).size).toBe(layouts.length);
  });
});
