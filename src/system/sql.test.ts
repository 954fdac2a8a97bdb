import { describe, expect, it } from 'vitest';
import { OnwardError } from '../model/index.ts';
import { loadSqlParser } from './index.ts';

const sql = await loadSqlParser();
const FILE = '001_shop.sql';

function failure(text: string): OnwardError {
  try {
    sql.split(text, FILE);
  } catch (error) {
    if (error instanceof OnwardError) return error;
  }
  throw new Error('expected an OnwardError');
}

describe('split()', () => {
  it('gives each statement with its place, whatever stands between them', () => {
    const text = "-- é 🚀\n\nselect 'é🚀;' as a ;;\n/* b */ update t set a = $$;$$\n";
    const statements = sql.split(text, FILE);
    expect(statements.map(({ text: own, line }) => ({ own, line }))).toEqual([
      { own: "select 'é🚀;' as a", line: 3 },
      { own: 'update t set a = $$;$$', line: 4 },
    ]);
    for (const statement of statements) {
      expect(text.slice(statement.startOffset, statement.startOffset + statement.text.length)).toBe(statement.text);
    }
    expect(Object.keys(statements[1]?.node ?? {})).toEqual(['UpdateStmt']);
  });

  it('finds no statement in a file of comments', () => {
    expect(sql.split('-- nothing\n', FILE)).toEqual([]);
    expect(sql.split('', FILE)).toEqual([]);
  });

  it('names the place of a syntax error and shows it', () => {
    const error = failure("select '🚀';\n\n\talter table é\n\t\tadd colum 🚀 x int;\nselect 2;\n");
    expect(error.code).toBe('sql.syntax');
    expect(error.message).toBe('Could not read 001_shop.sql:4:15: syntax error at or near "x".');
    expect(error.detail).toBe(
      [
        '  2 |',
        '  3 | \talter table é',
        '> 4 | \t\tadd colum 🚀 x int;',
        '    | \t\t            ^',
        '  5 | select 2;',
        '  6 |',
      ].join('\n'),
    );
  });

  it('refuses commands of psql, but not backslashes in literals', () => {
    const error = failure('select 1;\n\\copy t from stdin\n1\n\\.\n');
    expect(error.code).toBe('sql.meta-command');
    expect(error.message).toBe('Could not read 001_shop.sql:2:1: \\copy is a command of psql, not SQL.');
    expect(sql.split("select '\n\\copy', $$\n\\x$$ -- \\d\n", FILE)).toHaveLength(1);
  });

  it('survives an expression that is nested too deeply', () => {
    expect(failure(`select ${'('.repeat(20_000)}1${')'.repeat(20_000)}`).code).toBe('sql.too-deep');
    expect(failure(`select 1${'+1'.repeat(60_000)}`).code).toBe('sql.too-deep');
    expect(sql.split('select 1', FILE)).toHaveLength(1);
  });
});

describe('fingerprint()', () => {
  const original = "CREATE TABLE Orders (id int, note text DEFAULT 'Yes');\r\nSELECT 1;";
  const same = [
    "create table orders (\n  id int, -- the key\n  note text default 'Yes' /* x */\n);;\nselect 1\n",
    `-- header\n${original}`,
    original.replaceAll('\r\n', '\n'),
  ];
  const other = ['Yes', 'orders', 'SELECT 1'].map((part) => original.replace(new RegExp(part, 'i'), `${part}2`));

  it.each(same)('is equal after a cosmetic edit: %j', (text) => {
    expect(sql.fingerprint(text, FILE)).toBe(sql.fingerprint(original, FILE));
  });
  it.each([...other, original.replace("'Yes'", "'yes'"), original.replace('Orders', '"Orders"')])(
    'differs after a real edit: %j',
    (text) => {
      expect(sql.fingerprint(text, FILE)).not.toBe(sql.fingerprint(original, FILE));
    },
  );
});

describe('comments()', () => {
  it('gives comments and their places, not look-alikes in literals', () => {
    const found = sql.comments("/* a */ select '-- no', $$/* no */$$; -- b é\n-- c", FILE);
    expect(found.map(({ text }) => text)).toEqual(['/* a */', '-- b é', '-- c']);
  });
});

describe('plpgsql()', () => {
  const read = (body: string) =>
    sql.plpgsql(body)?.map((part) => `${part.line}${part.isDynamic ? ' dynamic' : ''}: ${part.sql}`);

  it('gives the SQL of a body with its lines, wherever it stands', () => {
    const body = `declare r record;
begin
  if exists (select from t) then
    alter table t add column a int;
  end if;
  for r in select * from t loop perform f(r); end loop;
  execute 'drop table ' || quote_ident(r.name);
  execute 'drop table t';
exception when others then
  update t set a = $body$x$body$;
end`;
    expect(read(body)).toEqual([
      '4: alter table t add column a int',
      '6: select * from t',
      '6: SELECT f(r)',
      "7 dynamic: 'drop table ' || quote_ident(r.name)",
      '8: drop table t',
      '10: update t set a = $body$x$body$',
    ]);
  });

  it('gives nothing for a body that is none', () => {
    expect(read('this is no block')).toBeUndefined();
    expect(read('begin null; end')).toEqual([]);
  });
});
