import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../../test/support/bundle-program.ts';
import { createSystem } from '../../system/index.ts';
import { readLintFiles } from './read-lint-files.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
let folder = '';
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-hostile-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function place(name: string, content: string | Buffer): Promise<string> {
  count += 1;
  const path = join(folder, String(count), name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return join(folder, String(count));
}

/** What reading one file of this content gives. */
async function read(content: string | Buffer, name = 'a.sql') {
  const root = await place(name, content);
  const { files, findings } = await readLintFiles(system, { paths: [root] });
  return {
    statements: files.flatMap(({ statements }) => statements.map(({ text, line }) => `${line}: ${text}`)),
    findings: findings.map(({ rule, line, column, severity, class: about }) => ({
      at: `${line}:${column}`,
      rule,
      severity,
      about,
    })),
    messages: findings.map(({ message, help }) => `${message} | ${help}`),
  };
}

describe('files that are no text', () => {
  it.each([
    ['UTF-16 with a mark', Buffer.from('\uFEFFselect 1;', 'utf16le'), 'UTF-16', '1:1'],
    ['UTF-16 without a mark', Buffer.from('select 1;', 'utf16le'), 'UTF-16 (little endian)', '1:1'],
    ['big-endian UTF-16', Buffer.from('\uFEFFselect 1;', 'utf16le').swap16(), 'UTF-16', '1:1'],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), 'UTF-32', '1:1'],
    ['Latin-1', Buffer.from("select 1;\nselect 'Zürich';", 'latin1'), 'Latin-1 (ISO 8859-1)', '2:10'],
    ['Windows-1252', Buffer.from([...Buffer.from("select '"), 0x93, 0x27]), 'Windows-1252', '1:9'],
  ])('names the encoding of %s and how to convert it', async (_, bytes, name, at) => {
    const { statements, findings, messages } = await read(bytes);
    expect(statements).toEqual([]);
    expect(findings).toEqual([{ at, rule: 'not-utf8', severity: 'error', about: 'unanalysed' }]);
    expect(messages[0]).toContain(`it looks like ${name};`);
    expect(messages[0]).toContain('iconv -f ');
  });

  it('takes a replacement character that was written as such', async () => {
    expect((await read("select '\uFFFD';")).findings).toEqual([]);
  });

  it('says where a NUL byte stands', async () => {
    const { findings } = await read("select 1;\nselect 'a\0b';");
    expect(findings).toEqual([{ at: '2:10', rule: 'nul-byte', severity: 'error', about: 'unanalysed' }]);
  });

  it('reads behind a byte order mark, and says that it is there', async () => {
    const { statements, findings } = await read('\uFEFFselect 1;');
    expect(statements).toEqual(['1: select 1']);
    expect(findings).toEqual([{ at: '1:1', rule: 'byte-order-mark', severity: 'warning', about: 'discipline' }]);
  });
});

describe('texts that no parser ends well with', () => {
  it.each([
    ['a literal', "select 'abc;\nselect 2;", '2:8'],
    ['a dollar-quoted literal', 'do $$ begin; end;\n$;', '2:4'],
    ['a quoted name', 'select 1 as "a;\n', '2:13'],
    ['a comment', '/* a; /* b */\nselect 1;', '2:1'],
  ])('says where %s starts that has no end, and reads what is before it', async (_, text, at) => {
    const { statements, findings } = await read(`select 0;\n${text}`);
    expect(statements).toEqual(['1: select 0']);
    expect(findings).toEqual([{ at, rule: 'syntax-error', severity: 'error', about: 'unanalysed' }]);
  });

  it.each([
    ['parentheses', `select ${'('.repeat(50_000)}1${')'.repeat(50_000)};`],
    ['a chain of operators', `select 1${'+1'.repeat(100_000)};`],
    ['cases', `select ${'case when true then '.repeat(20_000)}1${' end'.repeat(20_000)};`],
    ['subqueries', `${'select * from ('.repeat(20_000)}select 1${') x'.repeat(20_000)};`],
  ])('survives deeply nested %s, and reads what is before', async (_, text) => {
    const { statements, findings } = await read(`select 0;\n\n${text}\nselect 2;`);
    expect(statements).toEqual(['1: select 0']);
    expect(findings).toEqual([{ at: '3:1', rule: 'nested-too-deeply', severity: 'error', about: 'unanalysed' }]);
  });

  it.each([
    ['operators', `select 1${'+1'.repeat(3000)}`],
    ['negations', `select ${'not '.repeat(2000)}true`],
    ['calls', `select ${'f('.repeat(1500)}1${')'.repeat(1500)}`],
  ])('leaves out a statement whose %s the parser can follow, but nobody else', async (_, text) => {
    const { statements, findings } = await read(`select 0;\n${text};\nselect 2;`);
    expect(statements).toEqual(['1: select 0', '3: select 2']);
    expect(findings).toEqual([{ at: '2:1', rule: 'nested-too-deeply', severity: 'error', about: 'unanalysed' }]);
  });

  it('takes what people write for deep', async () => {
    const text = `select ${'a || '.repeat(250)}b, ${'coalesce('.repeat(100)}c${', 1)'.repeat(100)}`;
    expect((await read(text)).findings).toEqual([]);
  });

  it('names each command of psql with what to do, and reads what stands around it', async () => {
    const { statements, findings, messages } = await read(
      [
        '\\restrict kJ3',
        'select 1;',
        '\\i other.sql',
        "\\copy t from 'f.csv'",
        '\\set x 1',
        "select 'alter table t' \\gexec",
        ';',
        "select '\n\\set', $$\n\\x$$;",
      ].join('\n'),
    );
    expect(statements).toEqual(['2: select 1', "6: select 'alter table t'", "8: select '\n\\set', $$\n\\x$$"]);
    expect(findings.map(({ at, rule }) => `${at} ${rule}`)).toEqual([
      '1:1 psql-command',
      '3:1 psql-command',
      '4:1 psql-command',
      '5:1 psql-command',
      '6:24 psql-command',
    ]);
    expect(messages.map((message) => message.split(' ')[0])).toEqual([
      '\\restrict',
      '\\i',
      '\\copy',
      '\\set',
      '\\gexec',
    ]);
    expect(new Set(messages.map((message) => message.split(' | ')[1])).size).toBe(5);
  });

  it('stops at a script that is all psql', async () => {
    const { findings, messages } = await read('\\echo a\n'.repeat(5000));
    expect(findings).toHaveLength(21);
    expect(messages.at(-1)).toContain('more than 20 commands of psql');
  });

  it('reads around the rows of COPY', async () => {
    const rows = "1\tit's; \\N\n2\t$$ ( \\restrict\n\\.\n";
    const { statements, findings } = await read(`select 1;\nCOPY t (a) FROM stdin;\n${rows}\nselect 2;\n`);
    expect(statements).toEqual(['1: select 1', '2: COPY t (a) FROM stdin', '7: select 2']);
    expect(findings).toEqual([]);
  });
});

describe('places that are no files', () => {
  it('follows no link, and reads no pipe or name that cannot be seen', async () => {
    const root = await place('b.sql', 'select 1;');
    await symlink('/etc/passwd', join(root, 'a.sql'));
    await writeFile(join(root, 'c\n.sql'), 'select 2;');
    await symlink(root, join(root, 'loop'));
    const piped = await system.exec.run(['mkfifo', join(root, 'd.sql')], { timeoutMs: 10_000 });
    expect(piped.exitCode).toBe(0);
    const { files, findings } = await readLintFiles(system, { paths: [root, join(root, 'a.sql')] });
    expect(files.map(({ path }) => path)).toEqual([`${root}/b.sql`]);
    expect(findings.map(({ file, rule }) => `${file.slice(root.length + 1)} ${rule}`).sort()).toEqual([
      'a.sql not-a-file',
      'a.sql not-a-file',
      'c\\n.sql unsafe-name',
      'd.sql not-a-file',
      'loop not-a-file',
    ]);
  });

  it('does not read a file of more than 20 MB, and says how large it is', async () => {
    const root = await place('a.sql', '');
    await truncate(join(root, 'a.sql'), 21.5 * 1024 * 1024);
    const { files, findings } = await readLintFiles(system, { paths: [root] });
    expect(files).toEqual([]);
    expect(findings.map(({ rule, message }) => [rule, message])).toEqual([
      ['large-file', 'it was not read: it has 21.5 MB, and files of up to 20 MB are analysed'],
    ]);
  });
});

describe('large files', () => {
  const MOST_MEGABYTES = 600;

  /** Reads a file in a process of its own; its most resident memory is measured by the kernel. */
  async function readApart(root: string) {
    const program = join(folder, 'program');
    await mkdir(program, { recursive: true });
    await writeFile(
      join(program, 'entry.ts'),
      `import { createSystem } from ${JSON.stringify(resolve('src/system/index.ts'))};
       import { readLintFiles } from ${JSON.stringify(resolve('src/lint/layouts/read-lint-files.ts'))};
       const system = createSystem({ environment: {}, onEvent: () => {} });
       const { files, findings } = await readLintFiles(system, { paths: process.argv.slice(2) });
       const last = files.at(-1)?.statements.at(-1);
       const rss = process.resourceUsage().maxRSS / 1024;
       const counts = files.map(({ statements }) => statements.length);
       const said = findings.map(({ rule, line }) => rule + ' ' + line);
       console.log(JSON.stringify({ counts, last: last && [last.line, last.startOffset, last.text.slice(0, 300)], said, rss }));`,
    );
    const bundle = await bundleProgram(join(program, 'entry.ts'), program);
    await symlink(resolve('node_modules'), join(program, 'node_modules')).catch(() => {});
    const ran = await system.exec.run([process.execPath, bundle, root], { timeoutMs: 60_000 });
    expect(ran.stderr).toBe('');
    return JSON.parse(ran.stdout) as {
      readonly counts: readonly number[];
      readonly last?: readonly [number, number, string];
      readonly said: readonly string[];
      readonly rss: number;
    };
  }

  const row = (index: number) => `insert into t values (${index}, 'é;\n${'x'.repeat(160)}');\n`;
  const rows = Array.from({ length: 100_000 }, (_, index) => row(index)).join('');

  it('reads 20 MB with 100,000 statements in less than 600 MB, with the right places', async () => {
    const root = await place('a.sql', rows);
    const { counts, last, said, rss } = await readApart(root);
    expect(counts).toEqual([100_000]);
    expect(last).toEqual([199_999, rows.length - row(99_999).length, row(99_999).slice(0, -2)]);
    expect(said).toEqual([]);
    expect(rss).toBeLessThan(MOST_MEGABYTES);
  });

  it.each([
    ['a literal without an end at its start', `select '${rows.replaceAll("'", ' ')}`, 'large-statement 1'],
    [
      'one statement of 20 MB',
      `insert into t values ${"(1, 'xxxxxxxxxxxxxxxxxxxxxxx'),\n".repeat(600_000)}(1, 'x');`,
      'large-statement 1',
    ],
    [
      'rows of COPY',
      `select 1;\ncopy t from stdin;\n${"1\ta;\tit's \\N\n".repeat(1_400_000)}\\.\nselect 1;`,
      undefined,
    ],
  ])('stays within the same memory for a file with %s', async (_, text, finding) => {
    const root = await place('a.sql', text);
    const { said, rss } = await readApart(root);
    expect(said).toEqual(finding === undefined ? [] : [finding]);
    expect(rss).toBeLessThan(MOST_MEGABYTES);
  });
});
