import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSystem } from '../../system/index.ts';
import type { Layout } from '../lint-file.ts';
import { MIGRATION_LAYOUTS } from './list.ts';
import { readLintFiles } from './read-lint-files.ts';

const system = createSystem({ environment: {}, onEvent: () => {} });
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-layouts-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Files {
  readonly [path: string]: string;
}

async function write(name: string, files: Files): Promise<string> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name, path)), { recursive: true });
    await writeFile(join(folder, name, path), text);
  }
  return join(folder, name);
}

const FIRST = 'create table orders (id bigint primary key, note text);';
const SECOND = 'create index concurrently orders_note on orders (note);';
const THIRD = "alter table orders add column total numeric;\ncomment on column orders.total is 'a; -- b';";
const DOWN = 'drop table orders; this is no SQL';

/** The same three migrations; the second must not run in a transaction, and each tool is told so in its own way. */
const SAMPLES: Readonly<Record<Layout, Files>> = {
  onward: {
    'core/1.9.0/expand/002_first.sql': FIRST,
    'core/1.9.0/expand/010_second.notx.sql': SECOND,
    'core/1.10.0/expand/001_third.sql': THIRD,
    'core/README.md': 'notes',
  },
  flat: {
    '0001_first.up.sql': FIRST,
    '0002_second.up.sql': `-- onward:transaction none\n${SECOND}`,
    '0010_third.up.sql': THIRD,
    'README.md': 'notes',
  },
  'golang-migrate': {
    '1_first.up.sql': FIRST,
    '1_first.down.sql': DOWN,
    '2_second.up.sql': SECOND,
    '2_second.down.sql': DOWN,
    '10_third.up.sql': THIRD,
    '10_third.down.sql': DOWN,
  },
  flyway: {
    'V1__first.sql': FIRST,
    'V1_2__second.sql': SECOND,
    'V1_2__second.sql.conf': 'executeInTransaction=false\n',
    'R__third.sql': THIRD,
    'U1__first.sql': DOWN,
    'B1__base.sql': DOWN,
  },
  dbmate: {
    '20260101000000_first.sql': `-- migrate:up\n${FIRST}\n\n-- migrate:down\n${DOWN}\n`,
    '20260102000000_second.sql': `-- migrate:up transaction:false\n${SECOND}\n\n-- migrate:down\n${DOWN}\n`,
    '20260103000000_third.sql': `-- migrate:up\n${THIRD}\n`,
  },
  goose: {
    '00001_first.sql': `-- +goose Up\n${FIRST}\n\n-- +goose Down\n${DOWN}\n`,
    '00002_second.sql': `-- +goose NO TRANSACTION\n-- +goose Up\n${SECOND}\n-- +goose Down\n${DOWN}\n`,
    '00003_third.sql': `-- +goose Up\n-- +goose StatementBegin\n${THIRD.replace('\n', '\n-- +goose StatementEnd\n')}\n-- +goose Down\n${DOWN}\n`,
  },
  sqlx: {
    '20260101000000_first.sql': FIRST,
    '20260102000000_second.sql': `-- no-transaction\n${SECOND}`,
    '20260103000000_third.sql': THIRD,
  },
  prisma: {
    '20260101000000_first/migration.sql': FIRST,
    '20260102000000_second/migration.sql': SECOND,
    '20260103000000_third/migration.sql': THIRD,
    'migration_lock.toml': 'provider = "postgresql"\n',
  },
  diesel: {
    '2026-01-01-000000_first/up.sql': FIRST,
    '2026-01-01-000000_first/down.sql': DOWN,
    '2026-01-02-000000_second/up.sql': SECOND,
    '2026-01-02-000000_second/metadata.toml': 'run_in_transaction = false\n',
    '2026-01-03-000000_third/up.sql': THIRD,
  },
  plain: { 'a.sql': FIRST, 'b/second.sql': SECOND, 'c.sql': THIRD, 'c.down.sql': DOWN, '.hidden.sql': DOWN },
};

describe('the list of layouts', () => {
  it('has every layout once', () => {
    expect(MIGRATION_LAYOUTS.map(({ name }) => name).sort()).toEqual(Object.keys(SAMPLES).sort());
  });
});

describe.each(MIGRATION_LAYOUTS.map((layout) => [layout.name, layout] as const))('%s', (name, layout) => {
  it('is recognised, and gives the statements that run, in order, with their places', async () => {
    const root = await write(name, SAMPLES[name]);
    const { files, findings } = await readLintFiles(system, { paths: [root] });
    expect(findings).toEqual([]);
    expect(files.map((file) => [file.layout, file.isTransactional])).toEqual([
      [name, true],
      [name, false],
      [name, true],
    ]);
    const texts = files.flatMap(({ statements }) => statements.map(({ text }) => text));
    expect(texts).toEqual([FIRST, SECOND, ...THIRD.split('\n')].map((text) => text.slice(0, -1)));
    for (const { path, text, statements } of files) {
      const whole = SAMPLES[name][path.slice(root.length + 1)] ?? '';
      expect(text).toHaveLength(whole.length);
      for (const { text: own, startOffset, line } of statements) {
        expect(whole.slice(startOffset, startOffset + own.length)).toBe(own);
        expect(line).toBe(whole.slice(0, startOffset).split('\n').length);
      }
    }
  });

  it('gives the same for each file by itself as for the folder', async () => {
    const root = await write(name, SAMPLES[name]);
    const whole = await readLintFiles(system, { paths: [root] });
    const single = await readLintFiles(system, { paths: whole.files.map(({ path }) => path) });
    expect(single.findings).toEqual([]);
    const said = ({ files }: typeof whole) =>
      files.map(({ path, layout: by, order, isTransactional, statements }) => ({
        path,
        by,
        order: by === 'plain' ? '' : order,
        isTransactional,
        count: statements.length,
      }));
    expect(said(single).sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual(
      said(whole).sort((a, b) => (a.path < b.path ? -1 : 1)),
    );
  });

  it('reads files with line ends of Windows', async () => {
    const files = Object.fromEntries(
      Object.entries(SAMPLES[name]).map(([path, text]) => [path, text.replaceAll('\n', '\r\n')]),
    );
    const read = await readLintFiles(system, { paths: [await write(`${name}-windows`, files)] });
    expect(read.findings).toEqual([]);
    expect(read.files.map(({ isTransactional, statements }) => [isTransactional, statements.length])).toEqual([
      [true, 1],
      [false, 1],
      [true, 2],
    ]);
  });

  it('names a file like its example', async () => {
    const text = { dbmate: `-- migrate:up\n${FIRST}`, goose: `-- +goose Up\n${FIRST}` }[name as string] ?? FIRST;
    const beside = name === 'golang-migrate' ? { '000001_add_orders.down.sql': DOWN } : {};
    const root = await write(`${name}-example`, { [layout.example]: text, ...beside });
    const { files, findings } = await readLintFiles(system, { paths: [root] });
    expect(findings).toEqual([]);
    expect(files.map(({ path, layout: by }) => [path, by])).toEqual([[`${root}/${layout.example}`, name]]);
  });
});

async function readSample(name: string, files: Files) {
  const root = await write(name, files);
  const { files: read, findings } = await readLintFiles(system, { paths: [root] });
  return {
    files: read.map(({ path, layout, database, isTransactional }) => ({
      path: path.slice(root.length + 1),
      layout,
      database,
      isTransactional,
    })),
    findings: findings.map(({ file, line, column, rule, severity }) => ({
      at: `${file.slice(root.length + 1)}:${line}:${column}`,
      rule,
      severity,
    })),
  };
}

describe('recognising', () => {
  it('takes the names of golang-migrate for Onward when a file has a tag of Onward', async () => {
    const tagged = { '1_a.up.sql': `-- caracal:phase contract\n${FIRST}`, '1_a.down.sql': DOWN };
    const { files, findings } = await readSample('tagged', tagged);
    expect(files.map(({ layout }) => layout)).toEqual(['flat']);
    expect(findings).toEqual([{ at: '1_a.down.sql:1:1', rule: 'ignored-down', severity: 'warning' }]);
  });

  it('reads folders with numberings of their own as databases of their own', async () => {
    const { files } = await readSample('two', { 'b/1_x.up.sql': FIRST, 'a/1_x.up.sql': FIRST, 'a/1_x.down.sql': DOWN });
    expect(files.map(({ path, layout, database }) => [path, layout, database])).toEqual([
      ['a/1_x.up.sql', 'golang-migrate', 'a'],
      ['b/1_x.up.sql', 'flat', 'b'],
    ]);
  });

  it('orders prereleases before their release, and versions by number', async () => {
    const versions = ['1.10.0', '1.9.0', '1.10.0-rc.10', '1.10.0-rc.2', 'v1.2.0', '1.10.0-rc'];
    const names = Object.fromEntries(versions.map((version) => [`${version}/expand/001_x.sql`, FIRST]));
    const { files } = await readSample('versions', names);
    expect(files.map(({ path }) => path.split('/')[0])).toEqual([
      'v1.2.0',
      '1.9.0',
      '1.10.0-rc',
      '1.10.0-rc.2',
      '1.10.0-rc.10',
      '1.10.0',
    ]);
  });

  it('says when the phase of the tag is not that of the folder, and when a tag is misspelt or too late', async () => {
    const { findings } = await readSample('tags', {
      '1.0.0/expand/001_a.sql': `-- onward:phase contract\n${FIRST}`,
      '1.0.0/expand/002_b.sql': `--onward:phase contract\n${FIRST}`,
      '1.0.0/expand/003_c.sql': `${FIRST}\n-- onward:phase contract\nselect '\n-- onward:phase contract\n';`,
    });
    expect(findings.map(({ at, rule }) => `${at} ${rule}`)).toEqual([
      '1.0.0/expand/001_a.sql:1:1 phase-differs',
      '1.0.0/expand/002_b.sql:1:1 inexact-tag',
      '1.0.0/expand/003_c.sql:2:1 misplaced-tag',
    ]);
  });

  it('leaves remarks of other tools alone that only look like a tag', async () => {
    const { findings } = await readSample('remark', {
      'V1__a.sql': `-- note: phase two\n${FIRST}\n-- todo: transaction\n`,
    });
    expect(findings).toEqual([]);
  });

  it('knows that one message is one transaction, whatever the tool was told', async () => {
    const both = `${SECOND}\n${THIRD}`;
    const { files } = await readSample('one-message', {
      'a/1_a.sql': `-- migrate:up transaction:false\n${both}`,
      'b/20260101000000_b.sql': `-- no-transaction\n${both}`,
      'c/1_c.sql': `-- +goose NO TRANSACTION\n-- +goose Up\n${both}`,
    });
    expect(files.map(({ layout, isTransactional }) => [layout, isTransactional])).toEqual([
      ['dbmate', true],
      ['sqlx', true],
      ['goose', false],
    ]);
  });

  it('finds what goose would cut in two', async () => {
    const body = 'create function f() returns int language plpgsql as $$\nbegin\n  return 1;\nend $$;';
    const { findings } = await readSample('cut', {
      '1_a.sql': `-- +goose Up\n${body}`,
      '2_b.sql': `-- +goose Up\n-- +goose StatementBegin\n${body}\n-- +goose StatementEnd\n`,
    });
    expect(findings).toEqual([{ at: '1_a.sql:4:11', rule: 'cut-statement', severity: 'error' }]);
  });

  it('reads a file once, however often it is given', async () => {
    const root = await write('once', { 'a/1_a.up.sql': `${FIRST}\n\\restrict x\n` });
    const paths = [root, `${root}/a/`, join(root, 'a/1_a.up.sql'), `${folder}/./once/a`];
    const { files, findings } = await readLintFiles(system, { paths });
    expect([files.length, findings.length]).toEqual([1, 1]);
  });

  it('refuses in Onward’s layouts what the engine refuses', async () => {
    const { files, findings } = await readSample('refused', {
      '1.0.0/expand/001_a.sql': FIRST,
      '1.0.0/expand/00 2.sql': FIRST,
      '1.0.0/expand/b.sql': FIRST,
      '1.0.0/expnd/001_c.sql': FIRST,
      'next/expand/001_d.sql': FIRST,
    });
    expect(files).toEqual([]);
    expect(findings.map(({ at, rule }) => `${at} ${rule}`)).toEqual([
      '1.0.0/expand/00 2.sql:1:1 unsafe-name',
      ':1:1 mixed-layouts',
    ]);
  });

  it('says that a file has no up part, that a path is missing, and that a folder is empty', async () => {
    const { findings } = await readSample('no-up', { '1_a.sql': FIRST, '2_b.sql': `-- migrate:up\n${FIRST}` });
    expect(findings).toEqual([{ at: '1_a.sql:1:1', rule: 'missing-up', severity: 'error' }]);
    const empty = await write('empty', { 'README.md': '' });
    const read = await readLintFiles(system, { paths: [join(folder, 'nowhere'), empty] });
    expect(read.findings.map(({ rule }) => rule)).toEqual(['missing-path', 'no-migrations']);
  });
});
