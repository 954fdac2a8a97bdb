import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { describeFinding } from '../model/index.ts';
import { createSystem } from '../system/index.ts';
import { readMigrations } from './read-migrations.ts';
import { writeMigrations } from './test-support.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
const folders: string[] = [];
afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
});

async function read(
  files: { readonly [path: string]: string },
  options: Parameters<typeof readMigrations>[2] = {},
  prepare: (folder: string) => Promise<void> = async () => {},
) {
  const folder = await writeMigrations(files);
  folders.push(folder);
  await prepare(folder);
  const { files: found, findings } = await readMigrations(system, folder, options);
  return { files: found, findings: findings.map((finding) => `${finding.severity} ${describeFinding(finding)}`) };
}

describe('readMigrations()', () => {
  it('reads versions and phases of several databases, in the order in which they run', async () => {
    const { files, findings } = await read({
      'core/v1.10.0/expand/002_b.sql': 'select 2;',
      'core/1.9.0/contract/001_drop-it.sql': 'select 1;',
      'core/1.9.0/postdeploy/001_a.sql': 'select 1;',
      'core/1.9.0/expand/010_z.notx.sql': 'select 1;',
      'core/1.9.0/expand/2_a.sql': 'create index concurrently i on t (a);',
      'audit/2.0.0-rc.1/expand/001_a.sql': '-- onward:transaction none\nselect 1;',
      'audit/README.md': 'not a migration',
    });
    expect(findings).toEqual([]);
    expect(
      files.map(({ database, version, phase, sequence, name, transactional }) =>
        [database, version, phase, sequence, name, transactional].join(' '),
      ),
    ).toEqual([
      'audit 2.0.0-rc.1 expand 1 a false',
      'core 1.9.0 expand 2 a false',
      'core 1.9.0 expand 10 z false',
      'core 1.9.0 postdeploy 1 a true',
      'core 1.9.0 contract 1 drop-it true',
      'core 1.10.0 expand 2 b true',
    ]);
  });

  it('reads versions of the one database, which the caller names', async () => {
    const files = { 'v1.0.0/expand/001_a.sql': 'select 1;' };
    expect((await read(files)).files[0]).toMatchObject({
      database: 'main',
      version: '1.0.0',
      path: 'v1.0.0/expand/001_a.sql',
    });
    expect((await read(files, { database: 'core' })).files[0]?.database).toBe('core');
  });

  it('leaves out other databases than the one that is asked for', async () => {
    const files = { 'core/1.0.0/expand/001_a.sql': 'select 1;', 'audit/1.0.0/expand/001_a.sql': 'select 1;' };
    expect((await read(files, { database: 'core' })).files.map(({ path }) => path)).toEqual([
      'core/1.0.0/expand/001_a.sql',
    ]);
  });

  it('reads flat files by number, with their phase from a tag under any word', async () => {
    const { files, findings } = await read(
      {
        '0010_c.sql': '-- a comment\n\n/* and\n another */\n-- caracal:phase contract\ndrop table a;',
        '0002_b.notx.up.sql': 'select 1;',
        '0001_a.up.sql': '-- onward:phase postdeploy\r\nselect 1;',
        '0001_a.down.sql': 'drop table nothing;',
      },
      { release: '1.2.0' },
    );
    expect(
      files.map(({ version, phase, sequence, name, transactional }) => [version, phase, sequence, name, transactional]),
    ).toEqual([
      ['1.2.0', 'postdeploy', 1, 'a', true],
      ['1.2.0', 'expand', 2, 'b', false],
      ['1.2.0', 'contract', 10, 'c', true],
    ]);
    expect(findings).toEqual(['info 0001_a.down.sql: ignored: the schema only goes forward']);
  });

  it.each([
    ['-- onward:phase Contract', 1],
    ['-- onward: phase contract', 1],
    ['--onward:phase contract', 1],
    ['-- onward:phase contract because', 1],
    ['-- onward:phase contracts', 1],
    ['-- onward:transaction maybe', 1],
    ['-- onward:phase expand\n-- onward:phase contract', 2],
  ])('refuses a tag that is not exact: %s', async (tag, line) => {
    const { files, findings } = await read({ '0001_a.sql': `${tag}\nselect 1;` });
    expect(files).toEqual([]);
    expect(findings).toEqual([`error 0001_a.sql:${line}: "${tag.split('\n').at(-1)}" is not a tag that Onward knows`]);
  });

  it('refuses a tag that comes too late, but not one in a literal', async () => {
    const late = await read({ '0001_a.sql': 'select 1;\n-- onward:phase contract\n' });
    expect(late.findings).toEqual(['error 0001_a.sql:2: a tag behind the first statement has no effect']);
    const literal = await read({ '0001_a.sql': "select '\n-- onward:phase contract\n';" });
    expect(literal.findings).toEqual([]);
    expect(literal.files[0]?.phase).toBe('expand');
  });

  it('reports everything that is wrong at once', async () => {
    const { files, findings } = await read(
      {
        'core/1.0.0/expand/001_a.sql': 'select 1;',
        'core/v1.0.0/expand/1_b.sql': 'select 1;',
        'core/1.0.0/expend/001_a.sql': 'select 1;',
        'core/1.0.0/001_a.sql': 'select 1;',
        'core/1.0/expand/001_a.sql': 'select 1;',
        'core/1.0.0/expand/seed.sql': 'select 1;',
        'core/1.0.0/expand/002_a b;.sql': 'select 1;',
        'core/1.0.0/expand/003_meta.sql': 'select 1;\n\\restrict abc\n',
        'core/1.0.0/expand/004_syntax.sql': 'select 1;\nselec;',
        'core/1.0.0/expand/005_copy.sql': 'copy t from stdin;',
        'core/1.0.0/expand/006_commit.sql': 'select 1;\ncommit;\nselect 2;',
        'core/1.0.0/contract/007_phase.sql': '-- onward:phase expand\nselect 1;',
      },
      {},
      async (folder) => {
        await writeFile(join(folder, 'core/1.0.0/expand/008_latin.sql'), Buffer.from([0x2d, 0x2d, 0xff]));
        await symlink('/etc/passwd', join(folder, 'core/1.0.0/expand/009_link.sql'));
        await symlink('/etc', join(folder, 'core/1.0.0/expand/etc'));
      },
    );
    expect(files.map(({ path }) => path)).toEqual(['core/1.0.0/expand/001_a.sql', 'core/v1.0.0/expand/1_b.sql']);
    expect([...findings].sort()).toEqual([
      'error core/1.0.0/001_a.sql: the file does not stand in <version>/<phase>/, or its version is none',
      'error core/1.0.0/contract/007_phase.sql: the tag says expand, but the file stands in contract/',
      'error core/1.0.0/expand/002_a b;.sql: the path holds characters other than letters, digits, "_", "." and "-"',
      'error core/1.0.0/expand/003_meta.sql:2:1: \\restrict is a command of psql, not SQL',
      'error core/1.0.0/expand/004_syntax.sql:2:1: syntax error at or near "selec"',
      'error core/1.0.0/expand/005_copy.sql:1: COPY from or to the client needs psql',
      'error core/1.0.0/expand/006_commit.sql:2: COMMIT ends or starts a transaction in the middle of the file',
      'error core/1.0.0/expand/008_latin.sql: the file is not UTF-8 text',
      'error core/1.0.0/expand/009_link.sql: a symbolic link is not read as a migration',
      'error core/1.0.0/expand/etc: a symbolic link is not read as a migration',
      'error core/1.0.0/expand/seed.sql: the name does not start with a number and "_"',
      'error core/1.0.0/expend/001_a.sql: "expend" is not a phase',
      'error core/1.0/expand/001_a.sql: the file does not stand in <version>/<phase>/, or its version is none',
      'error core/v1.0.0/expand/1_b.sql: the number 1 is taken by core/1.0.0/expand/001_a.sql',
    ]);
  });

  it('refuses a folder that mixes layouts, and one that is not there', async () => {
    const mixed = await read({ '0001_a.sql': 'select 1;', '1.0.0/expand/001_a.sql': 'select 1;' });
    expect(mixed).toEqual({
      files: [],
      findings: ['error the folder mixes layouts: 0001_a.sql and 1.0.0/expand/001_a.sql'],
    });
    const { findings } = await readMigrations(system, '/nowhere/to/be/found');
    expect(findings).toMatchObject([{ code: 'migrate.missing-folder', severity: 'error' }]);
  });

  it('reads nothing in an empty folder', async () => {
    const empty = await read({}, {}, (folder) => mkdir(join(folder, 'core')).then(() => {}));
    expect(empty).toEqual({ files: [], findings: [] });
  });

  it('takes the word of the ledger for contents that it knows, without parsing them', async () => {
    const text = 'this is not SQL at all';
    const { files: parsed } = await read({ '0001_a.sql': 'select 1;' });
    const checksum = (await import('node:crypto')).createHash('sha256').update(text).digest('hex');
    const fingerprint = parsed[0]?.fingerprint ?? 'sha256:';
    const known = new Map([[`sha256:${checksum}` as const, { fingerprint, isTransactional: true }]]);
    const { files, findings } = await read({ '0001_a.sql': text }, { known: async () => known });
    expect(findings).toEqual([]);
    expect(files[0]).toMatchObject({ fingerprint, transactional: true, text });
  });
});
