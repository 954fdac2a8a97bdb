import { beforeAll, describe, expect, it } from 'vitest';
import { loadSqlParser, type SqlParser } from '../../system/index.ts';
import { splitStatements } from './split-statements.ts';

let parser: SqlParser;
beforeAll(async () => {
  parser = await loadSqlParser();
});

/** Whatever holds a semicolon or a line end that ends nothing. */
const PARTS = [
  'select 1;',
  'select 1 -- a; b\n;\n',
  "insert into t values (1, 'it''s;\n', E'\\';\n', $$;\n'$$, $a$;\n$$;\n$a$);\n",
  'select 1 as "a;\n""b";\n',
  '/* a; /* b;\n */ c;\n */\n',
  '-- don\'t; "\n',
  'create function f() returns int language sql begin atomic;\n select 1;\n select 2;\n end;\n',
  'create rule r as on insert to t do also (select 1;\n select 2;\n);\n',
  'do $x$ begin\n  perform 1;\nend $x$;\r\n',
  "select 'é🚀;\r\n' -- 🚀\n;\n",
  ';;\n',
  '\n\n   \n',
];

function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const said = (statements: ReturnType<SqlParser['split']>) =>
  statements.map(({ text, startOffset, line, node }) => [text, startOffset, line, Object.keys(node)[0]]);

describe('splitStatements()', () => {
  it.each([1, 2, 3, 4])('gives for a text in pieces what the parser gives for the whole (seed %i)', (seed) => {
    const random = createRandom(seed);
    let text = '';
    while (text.length < 700_000) {
      const part = PARTS[random(PARTS.length)] ?? '';
      text += random(200) === 0 ? `select '${part.replaceAll("'", "''").repeat(2000)}';\n` : part;
    }
    const split = splitStatements(parser, text, 'a.sql');
    expect(split.findings).toEqual([]);
    // Compared by hand: a difference would print megabytes.
    const [ours, theirs] = [said(split.statements), said(parser.split(text, 'a.sql'))];
    const different = theirs.findIndex((one, index) => JSON.stringify(one) !== JSON.stringify(ours[index]));
    expect([ours.length, different, theirs[different], ours[different]]).toEqual([
      theirs.length,
      -1,
      undefined,
      undefined,
    ]);
  });

  it('cuts no remark in two', () => {
    const text = `${'-- a; b /* \n'.repeat(40_000)}${'/* a; b */ '.repeat(40_000)}select 1`;
    const { statements, findings } = splitStatements(parser, text, 'a.sql');
    expect([findings, statements.map((found) => [found.text, found.line])]).toEqual([[], [['select 1', 40_001]]]);
  });

  it('finds a mistake behind the first piece at its place', () => {
    const text = `${"insert into t values ('é;\n');\n".repeat(20_000)}select 'x' from from;\n`;
    const { statements, findings } = splitStatements(parser, text, 'a.sql');
    expect(statements).toHaveLength(20_000);
    expect(findings.map(({ rule, offset }) => [rule, text.slice(offset, offset + 5)])).toEqual([
      ['syntax-error', 'from;'],
    ]);
  });
});
